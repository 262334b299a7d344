// SPDX-License-Identifier: Apache-2.0
// Pieces: a stream as a network may deliver it. A parser that reads it must have the same result
// however it is cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {

using Pieces = std::vector<std::string_view>;

inline Pieces cut_evenly(std::string_view stream, size_t size) {
  Pieces pieces;
  for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) {
    pieces.push_back(stream.substr(0, size));
  }
  return pieces;
}

// The same seed for the same bytes (FNV-1a).
inline uint64_t seed_of(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// Checks that `read(pieces)`, which returns a value, has the same result for the stream in one
// piece, byte by byte, and cut in two: at every offset if there is time, else at a few.
// Returns the result.
template <class Read>
auto read_in_any_pieces(std::string_view stream, const Read& read) {
  const auto result = read(Pieces{stream});
  CHECK(read(cut_evenly(stream, 1)) == result);
  if (stream.size() < 2) return result;
  constexpr size_t kEveryOffsetMax = 512;
  const bool every = fuzz_is_thorough && stream.size() <= kEveryOffsetMax;
  Random random(seed_of(stream));
  for (size_t i = 1; i < (every ? stream.size() : 4); ++i) {
    const size_t offset = every ? i : 1 + random.below(stream.size() - 1);
    CHECK(read(Pieces{stream.substr(0, offset), stream.substr(offset)}) == result);
  }
  CHECK(read(cut_evenly(stream, 2 + random.below(40))) == result);
  return result;
}

}  // namespace fanlight
