# SPDX-License-Identifier: Apache-2.0
"""RFC 6455 section 4: opening a WebSocket."""
from case import BAD, HOST, Bytewise, case, kept, refused, request
from web_socket import KEY, OPENED, PING, Closed, Pong, close, frame, handshake

NO_UPGRADE = kept(426, has={"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
FORBIDDEN = kept(403)

GOOD = [
    case("the example of section 1.3", "1.3", handshake(), OPENED),
    case("in pieces of one byte", "4.2.1", Bytewise(handshake()), OPENED),
    case("one camera's", "4.2.1", handshake("/cameras/camera/ws"), OPENED),
    case("with a query", "4.2.1", handshake("/ws?fps=5&x"), OPENED),
    case("with a whole URI", "4.1", handshake(f"http://{HOST}/ws"), OPENED),
    case("Upgrade in capitals", "4.2.1", handshake(Upgrade="WebSocket"), OPENED),
    case("Connection in small letters", "4.2.1", handshake(Connection="upgrade"), OPENED),
    case("Connection as Firefox sends it", "4.2.1", handshake(Connection="keep-alive, Upgrade"),
         OPENED),
    case("several protocols in Upgrade", "4.2.1", handshake(Upgrade="h2c, websocket"), OPENED),
    case("Upgrade and Connection on two lines each", "4.2.1",
         handshake("/ws", "Upgrade: h2c", "Connection: x"), OPENED),
    case("names in capitals", "4.2.1",
         handshake("/ws", f"SEC-WEBSOCKET-KEY: {KEY}", "SEC-WEBSOCKET-VERSION: 13",
                   Sec_WebSocket_Key=None, Sec_WebSocket_Version=None), OPENED),
    case("blanks around the key", "4.2.1", handshake(Sec_WebSocket_Key=f"  {KEY}\t"), OPENED),
    case("a subprotocol that is unknown is not chosen", "4.2.2",
         handshake("/ws", "Sec-WebSocket-Protocol: chat, superchat"), OPENED),
    case("an extension is not accepted", "9.1",
         handshake("/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
         OPENED),
    case("unknown fields are ignored", "4.2.1",
         handshake("/ws", "Cookie: a=b", "User-Agent: x", "Sec-WebSocket-Accept: x"), OPENED),
    case("a frame directly behind the handshake", "4.1", handshake() + frame(PING, b"early"),
         OPENED, Pong(b"early")),
    case("a close directly behind the handshake", "4.1", handshake() + close(1000), OPENED,
         Closed(1000)),
    case("after another request", "4.1", request() + handshake(),
         kept(200), OPENED),
    case("a handshake that waits for 100 Continue has no body", "4.1",
         handshake("/ws", "Expect: 100-continue"), OPENED),
    case("HTTP/1.2", "4.2.1", handshake(version="HTTP/1.2"), OPENED),
]

REFUSED = [
    case("without Upgrade", "4.2.1", handshake(Upgrade=None), NO_UPGRADE),
    case("without Connection", "4.2.1", handshake(Connection=None), NO_UPGRADE),
    case("Upgrade is another protocol", "4.2.1", handshake(Upgrade="websockets"), NO_UPGRADE),
    case("Upgrade is empty", "4.2.1", handshake(Upgrade=""), NO_UPGRADE),
    case("Connection does not name Upgrade", "4.2.1", handshake(Connection="keep-alive"),
         NO_UPGRADE),
    case("HTTP/1.0", "4.2.1", handshake(version="HTTP/1.0"), refused(426)),
    case("HEAD", "4.2.1", handshake(method="HEAD"), kept(426, method="HEAD")),
    case("OPTIONS", "4.2.1", handshake(method="OPTIONS"), kept(204)),
] + [
    case(method, "4.2.1", handshake(method=method), kept(405))
    for method in ("POST", "PUT", "DELETE", "PATCH")
] + [
    case(f"Sec-WebSocket-Version: {version}", "4.4", handshake(Sec_WebSocket_Version=version),
         NO_UPGRADE) for version in (None, "", "0", "8", "12", "14", "013", "13.0", "13, 8", "x",
                                     "-13")
] + [
    case("two versions", "11.3.5", handshake("/ws", "Sec-WebSocket-Version: 13"), BAD),
    case("two versions that differ", "11.3.5", handshake("/ws", "Sec-WebSocket-Version: 8"), BAD),
    case("an empty version and one more", "11.3.5",
         handshake("/ws", "Sec-WebSocket-Version: 13", Sec_WebSocket_Version=""), BAD),
] + [
    case(f"Sec-WebSocket-Key: {key}", "4.2.1", handshake(Sec_WebSocket_Key=key), BAD)
    for key in (None, "", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
                "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25j",
                "dGhlIHNhbXBsZSBub25jZ-==", "dGhlIHNhbXBs ZSBub25jZQ==", "a" * 24, "=" * 24,
                "dGhlIHNhbXBsZSBub25jZQ==, x", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==")
] + [
    case("two keys", "11.3.1", handshake("/ws", f"Sec-WebSocket-Key: {KEY}"), BAD),
    case("an empty key and one more", "11.3.1",
         handshake("/ws", f"Sec-WebSocket-Key: {KEY}", Sec_WebSocket_Key=""), BAD),
    case("a key and an empty one", "11.3.1", handshake("/ws", "Sec-WebSocket-Key:"), BAD),
    case("without Host", "4.2.1", handshake().replace(b"Host: 127.0.0.1\r\n", b""), BAD),
    case("an unknown camera", "4.2.2", handshake("/cameras/nobody/ws"), kept(404)),
    case("where there is no WebSocket", "4.2.2", handshake("/healthz"), kept(200)),
]

ORIGINS = [
    case(f"Origin: {origin}", "10.2", handshake("/ws", f"Origin: {origin}"), FORBIDDEN)
    for origin in ("http://other.example", "https://other.example", "null", "http://127.0.0.2",
                   f"http://{HOST}.other.example", "file://", f"http://{HOST}:99", "*", HOST)
] + [
    case("the page's own origin", "10.2", handshake("/ws", f"Origin: http://{HOST}"), OPENED),
    case("the page's own origin with TLS in front", "10.2",
         handshake("/ws", f"Origin: https://{HOST}"), OPENED),
    case("the page's own origin with a port", "10.2",
         handshake("/ws", f"Origin: http://{HOST}:81", host=f"{HOST}:81"), OPENED),
    case("two Origins", "4.2.1",
         handshake("/ws", f"Origin: http://{HOST}", "Origin: http://other.example"), BAD),
    case("an origin that is named", "10.2", handshake("/ws", "Origin: https://named.example"),
         OPENED, server="lively"),
    case("an origin that is not named", "10.2", handshake("/ws", "Origin: https://x.example"),
         FORBIDDEN, server="lively"),
]

CASES = GOOD + REFUSED + ORIGINS
