"""Documents made from the code: settings, commands, tables and example queries go in, pages of docs/ come out."""
