// Nothing but the precompiled header that belongs to this library.
