// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: the same data however the coding arrives; and any data, cut into any chunks, is
// decoded to itself.
#include <fmt/core.h>

#include <span>
#include <string>
#include <utility>

#include "core/check.h"
#include "http/protocol/chunked_reader.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

using Status = ChunkedReader::Status;

struct Decoded {
  std::string data;
  Status status = Status::more;
  size_t taken = 0;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(const Pieces& pieces) {
  ChunkedReader reader;
  Decoded decoded;
  for (const std::string_view piece : pieces) {
    std::string coding(piece);
    const ChunkedReader::Result result = reader.decode(std::span(coding));
    CHECK(result.taken <= coding.size() && result.data <= result.taken);
    decoded.data += coding.substr(0, result.data);
    decoded.taken += result.taken;
    decoded.status = result.status;
    if (result.status != Status::more) break;
    CHECK(result.taken == piece.size());
  }
  // What was taken of a coding that is refused depends on where it was cut; nothing uses it.
  if (decoded.status == Status::bad || decoded.status == Status::too_long) {
    return {.data = {}, .status = decoded.status, .taken = 0};
  }
  CHECK(decoded.taken - decoded.data.size() <= ChunkedReader::kFramingBytesMax);
  return decoded;
}

// The data in chunks whose sizes, extensions and trailers the end of the input chooses.
void check_coded(std::string_view bytes) {
  FuzzInput input(bytes);
  const size_t trailers = input.below(3);
  const std::string extension = input.flag() ? ";a=\"b\"" : "";
  std::string coding;
  std::string data;
  while (!input.empty()) {
    const std::string_view chunk = input.text(1 + input.below(60));
    if (chunk.empty()) break;
    data += chunk;
    coding += fmt::format("{:X}{}\r\n{}\r\n", chunk.size(), extension, chunk);
  }
  coding += "0\r\n";
  for (size_t i = 0; i < trailers; ++i) coding += "A: b\r\n";
  coding += "\r\n";
  const size_t size = coding.size();
  coding += "GET / HTTP/1.1\r\n\r\n";
  const Decoded decoded = decode({coding});
  CHECK(decoded.status == Status::done);
  CHECK(decoded.data == data);
  CHECK(decoded.taken == size);
}

}  // namespace

void fuzz(std::string_view input) {
  read_in_any_pieces(input, decode);
  check_coded(input);
}

}  // namespace fanlight
