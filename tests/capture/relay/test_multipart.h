// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of MultipartReader: parts, and everything that is read from a stream.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/relay/multipart_reader.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

inline constexpr size_t kMax = 1 << 20;
using Event = MultipartReader::Event;

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Everything that was read from a stream.
struct Read {
  std::vector<std::string> bodies;
  std::vector<MultipartPart> parts;
  Event last = Event::none;
};

inline void feed(MultipartReader& reader, std::string_view bytes, Read& read) {
  for (;;) {
    const Event event = reader.read(bytes);
    if (event == Event::none) {
      EXPECT_TRUE(bytes.empty());
      return;
    }
    if (event != Event::part) {
      read.last = event;
      return;
    }
    MultipartPart part;
    reader.take(part);
    read.bodies.push_back(text_of(part.body));
    read.parts.push_back(std::move(part));
  }
}

// Reads in pieces of `piece` bytes.
inline Read read_all(std::string_view content_type, std::string_view stream, size_t piece,
                     size_t part_bytes_max = kMax) {
  MultipartReader reader(content_type, part_bytes_max);
  Read read;
  while (!stream.empty() && read.last == Event::none) {
    feed(reader, stream.substr(0, piece), read);
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  return read;
}

// Expects the same bodies for any size of pieces: everything in one piece, single bytes, and some
// sizes in between.
inline void expect_bodies(std::string_view content_type, const std::string& stream,
                          const std::vector<std::string>& bodies) {
  for (const size_t piece : {stream.size(), size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
    EXPECT_EQ(read_all(content_type, stream, piece).bodies, bodies)
        << "'" << content_type << "' in pieces of " << piece;
  }
}

inline const std::string kType = "multipart/x-mixed-replace;boundary=B";
inline const std::string kJpeg1 = text_of(make_jpeg(16, 16, 10, 1, 50));
inline const std::string kJpeg2 = text_of(make_jpeg(32, 16, 20, 2, 60));

inline std::string sized_part(std::string_view body, std::string_view delimiter = "--B") {
  return fmt::format("{}\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n{}\r\n",
                     delimiter, body.size(), body);
}

inline std::string unsized_part(std::string_view body, std::string_view delimiter = "--B",
                                std::string_view newline = "\r\n") {
  return fmt::format("{0}{1}Content-Type: image/jpeg{1}{1}{2}{1}", delimiter, newline, body);
}

}  // namespace fanlight
