"""One static folder of the documentation, the API reference and the rendered course: `make site`."""
