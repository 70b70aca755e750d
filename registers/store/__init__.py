"""Where registers are kept: tables, engines, and the SQL, by noun."""
