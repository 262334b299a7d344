// SPDX-License-Identifier: Apache-2.0
// What a relay receives from another Fanlight: messages of text and JPEG, as the bytes of a
// WebSocket. The same pictures however they arrive; each is whole, and none larger than allowed.
//
// The input is a stream of frames, or, if its last byte is odd, messages: each a byte that chooses
// its kind, two that give its size, and its payload, so that a fuzzer need not get lengths right.
#include <string>
#include <vector>

#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/relay/update_reader.h"
#include "core/check.h"
#include "tests/capture/relay/test_web_socket.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

using Event = UpdateReader::Event;
constexpr size_t kPictureMax = 32 << 10;

struct Result {
  std::vector<std::string> pictures;
  std::string end;
  bool operator==(const Result&) const = default;
};

void take(UpdateReader& reader, Result& result) {
  MultipartPart part;
  reader.take(part);
  CHECK(part.body.size() <= kPictureMax);
  result.pictures.emplace_back(reinterpret_cast<const char*>(part.body.data()), part.body.size());
  CHECK(part.sequence.has_value());
}

Result read(const Pieces& pieces) {
  UpdateReader reader(kPictureMax);
  Result result;
  for (std::string_view piece : pieces) {
    Event event;
    while ((event = reader.read(piece)) != Event::none) {
      if (event == Event::picture) take(reader, result);
      if (event == Event::repeat) result.pictures.emplace_back();
      if (event == Event::damaged || event == Event::closed) result.end = reader.problem();
      if (event == Event::damaged) CHECK(!reader.problem().empty());
    }
    CHECK(piece.empty());
  }
  return result;
}

std::string stream_of(std::string_view bytes) {
  std::string stream;
  while (bytes.size() > 3) {
    const auto number = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const size_t size = size_t{number(1)} << 8 | number(2);
    const auto kind = number(0) % 8 == 0 ? WebSocketOpcode::ping
                      : (number(0) & 1)  ? WebSocketOpcode::text
                                         : WebSocketOpcode::binary;
    bytes.remove_prefix(3);
    const std::string_view payload = bytes.substr(0, size);
    bytes.remove_prefix(payload.size());
    const bool fits = kind != WebSocketOpcode::ping || size <= kWebSocketControlBytesMax;
    if (fits) stream += server_frame(kind, payload);
  }
  return stream;
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  const bool is_built = input.flag();
  const std::string_view rest = input.rest();
  read_in_any_pieces(is_built ? stream_of(rest) : std::string(rest), read);
}

}  // namespace fanlight
