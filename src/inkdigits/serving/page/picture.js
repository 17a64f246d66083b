// A picture, shown with what was read of it.
