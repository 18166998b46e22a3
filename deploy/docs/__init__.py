"""Documents made from the code: settings, commands, tables and example queries become pages of docs/."""
