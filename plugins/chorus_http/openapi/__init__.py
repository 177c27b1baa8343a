"""The description of the API, made from the table of its operations, and the page that shows it."""
