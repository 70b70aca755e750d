"""What the pages say, in each language: English in the templates and modules, every other in a catalogue beside.

A catalogue is a gettext file, `cy.po`, that a translator edits with any editor for such files: docs/languages.md.
"""
