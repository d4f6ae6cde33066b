//! Listeners, TLS, authentication and the hand-over of sessions between query processors.
