# Varnish as a cache of Fanlight's numbered frames: docs/caches.md.
vcl 4.1;

backend fanlight {
    .host = "127.0.0.1";
    .port = "5000";
    .first_byte_timeout = 15s;
}

sub vcl_recv {
    # Streams and pages are not for a cache.
    if (req.url !~ "^/cameras/[^/?]+/frames/") {
        return (pipe);
    }
    unset req.http.Cookie;
}

sub vcl_backend_response {
    # No redirect to a frame that was the next one a while ago.
    set beresp.grace = 0s;
    # Too early or too late; for a moment the same for all.
    if (beresp.status == 404) {
        set beresp.ttl = 1s;
        return (deliver);
    }
}
