// SPDX-License-Identifier: Apache-2.0
// The body of an upstream: a first line with the Content-Type, then the stream. The same parts
// however it arrives, none larger than allowed; and pictures that we serve are read back unchanged.
//
// The exception: where a length covers more than one picture, it is followed if all of them have
// arrived, and otherwise the end of the first one is, so that no picture is late.
#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_walker.h"
#include "capture/relay/multipart_reader.h"
#include "core/check.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

using Event = MultipartReader::Event;
constexpr size_t kPartMax = 2000;

struct Part {
  explicit Part(const MultipartPart& part)
      : body(reinterpret_cast<const char*>(part.body.data()), part.body.size()),
        sequence(part.sequence.value_or(0)),
        slate(part.slate_reason) {}
  bool operator==(const Part&) const = default;

  std::string body;
  uint64_t sequence;
  std::string slate;
};

// Owns: a reader, and what it has read. Thread: one.
struct Stream {
  bool feed(std::string_view bytes) {
    for (;;) {
      const size_t size = bytes.size();
      const Event event = reader.read(bytes);
      CHECK(bytes.size() <= size);
      if (event == Event::none) {
        CHECK(bytes.empty());
        return false;
      }
      last = event;
      if (event != Event::part) return true;
      take();
    }
  }
  void take() {
    MultipartPart part;
    reader.take(part);
    CHECK(part.body.size() <= kPartMax);
    parts.emplace_back(part);
  }

  MultipartReader reader;
  std::vector<Part> parts{};
  Event last = Event::none;
};

// Whether something follows the end of the picture in it.
bool has_more_than_a_picture(const Part& part) {
  if (!part.body.starts_with("\xff\xd8")) return false;
  JpegWalker walker;
  return walker.walk(part.body) != JpegWalker::Found::nothing && walker.at() < part.body.size();
}

struct Result {
  bool is_doubtful() const { return std::ranges::any_of(parts, has_more_than_a_picture); }
  bool operator==(const Result& other) const {
    if (is_doubtful() || other.is_doubtful()) return true;
    return parts == other.parts && last == other.last;
  }

  std::vector<Part> parts;
  Event last;
};

Result read(MultipartReader reader, const Pieces& pieces) {
  Stream stream{std::move(reader)};
  bool is_over = false;
  for (const std::string_view piece : pieces) {
    is_over = is_over || stream.feed(piece);
  }
  if (!is_over && stream.reader.finish()) stream.take();
  return {std::move(stream.parts), stream.last};
}

// As http/delivery writes it.
std::string served(const std::vector<Part>& parts) {
  std::string text = "--B\r\n";
  for (const Part& part : parts) {
    text += fmt::format(
        "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Sequence: {}\r\n\r\n{}"
        "\r\n--B\r\n",
        part.body.size(), part.sequence, part.body);
  }
  return text;
}

void check_served_again(std::vector<Part> parts) {
  std::erase_if(parts, [](const Part& part) {
    const JpegCheck check = check_jpeg(std::as_bytes(std::span(part.body)));
    return !check.ok() || check.lacks_end || check.size != part.body.size();
  });
  for (Part& part : parts) part.slate.clear();
  const Result again =
      read(MultipartReader("multipart/x-mixed-replace;boundary=B", kPartMax), {served(parts)});
  CHECK(again.parts == parts);
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  const std::string type(input.line());
  const std::string_view stream = input.rest();
  const Result result = read_in_any_pieces(
      stream, [&](const Pieces& pieces) { return read(MultipartReader(type, kPartMax), pieces); });
  check_served_again(result.parts);
  read_in_any_pieces(stream, [&](const Pieces& pieces) {
    return read(MultipartReader::of_jpegs({}, kPartMax), pieces);
  });
  read_in_any_pieces(stream, [&](const Pieces& pieces) {
    return read(MultipartReader::of_jpegs(stream.size(), kPartMax), pieces);
  });
  look_at_body(stream);
}

}  // namespace fanlight
