"""A folder that is kept as another service's registers are: chosen files of them, each checked against its manifest.

    DIR/country            a link to the folder of the state that was synced last, moved when all of it is there
    DIR/.sync/country/     210-5f2b8c01…, the folder; coming/, what is not here whole; state.json, what was seen last
    DIR/.sync/lock         held by who syncs

What others read is never touched while it is read: files come in beside it, are checked, and a link is moved.
"""
