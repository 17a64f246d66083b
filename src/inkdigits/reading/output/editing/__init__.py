"""The editor of readings, for browsers: JavaScript modules and their style, without a build step."""
