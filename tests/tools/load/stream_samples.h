// SPDX-License-Identifier: Apache-2.0
// The byte streams of several MJPEG servers, with pictures as small as they can be.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Shaped like a JPEG: begins and ends as one, and contains bytes that resemble a delimiter.
inline std::string sample_jpeg(size_t number) {
  return "\xff\xd8" + fmt::format("picture {} \r\n--fram\r\n\r\r\n--boundarydonotcros", number) +
         std::string(number, '\r') + "\xff\xd9";
}

inline std::string fanlight_head(size_t length, size_t sequence) {
  return fmt::format(
      "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 1700000000.{:06}\r\n"
      "X-Sequence: {}\r\n\r\n",
      length, sequence, sequence);
}

// Fanlight's plain form: each delimiter is sent with the frame that it closes. Sequence 1, 2, ...
inline std::string fanlight_stream(size_t parts) {
  std::string out =
      "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=boundarydonotcross\r\n"
      "Connection: close\r\n\r\n--boundarydonotcross\r\n";
  for (size_t i = 1; i <= parts; ++i) {
    const std::string jpeg = sample_jpeg(i);
    out += fanlight_head(jpeg.size(), i) + jpeg + "\r\n--boundarydonotcross\r\n";
  }
  return out;
}

// The Flask tutorial: no length; each delimiter is sent with the frame before it.
inline std::string seed_stream(size_t parts) {
  std::string out =
      "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
      "--frame\r\n";
  for (size_t i = 1; i <= parts; ++i) {
    out += "Content-Type: image/jpeg\r\n\r\n" + sample_jpeg(i) + "\r\n--frame\r\n";
  }
  return out;
}

// ustreamer: the parameter's value without quotes, a blank line before the first delimiter.
inline std::string ustreamer_stream(size_t parts) {
  std::string out =
      "HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n"
      "Content-Type: multipart/x-mixed-replace;boundary=boundarydonotcross\r\n\r\n"
      "--boundarydonotcross\r\n";
  for (size_t i = 1; i <= parts; ++i) {
    const std::string jpeg = sample_jpeg(i);
    out += fmt::format(
        "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 1700000000.{:06}\r\n\r\n",
        jpeg.size(), i);
    out += jpeg + "\r\n--boundarydonotcross\r\n";
  }
  return out;
}

// mjpg-streamer: a delimiter before each part and none after the last; the camera's own clock.
inline std::string mjpg_streamer_stream(size_t parts) {
  std::string out =
      "HTTP/1.0 200 OK\r\nServer: MJPG-Streamer/0.2\r\n"
      "Content-Type: multipart/x-mixed-replace;boundary=boundarydonotcross\r\n\r\n"
      "--boundarydonotcross\r\n";
  for (size_t i = 1; i <= parts; ++i) {
    const std::string jpeg = sample_jpeg(i);
    out += fmt::format(
        "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 4711.{:06}\r\n\r\n",
        jpeg.size(), i);
    out += jpeg + "\r\n--boundarydonotcross\r\n";
  }
  return out;
}

// Quotes, dashes inside the parameter, other parameters, field names in other cases, a preamble.
inline std::string odd_camera_stream(size_t parts) {
  std::string out =
      "HTTP/1.1 200 OK\r\ncontent-type: Multipart/Mixed; charset=x; Boundary=\"--my:cam\" ;z=1\r\n"
      "\r\nThis is a preamble.\r\n--my:cam\r\n";
  for (size_t i = 1; i <= parts; ++i) {
    const std::string jpeg = sample_jpeg(i);
    out += fmt::format("CONTENT-LENGTH:{}\r\nContent-type: image/jpeg\r\n\r\n", jpeg.size());
    out += jpeg + "\r\n--my:cam\r\n";
  }
  return out;
}

}  // namespace fanlight
