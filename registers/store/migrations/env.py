"""How Alembic runs here: inside one write of the store, so a migration is whole or not at all on both engines."""

from alembic import context

from registers.store.tables import metadata

store = context.config.attributes["store"]
with store.writing() as tx:
    tx.hot.lock_registers(tx.connection)
    context.configure(connection=tx.connection, target_metadata=metadata, transactional_ddl=True)
    context.run_migrations()
