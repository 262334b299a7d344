// SPDX-License-Identifier: Apache-2.0
#include "tests/core/test_picture.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/random.h"

namespace fanlight {
namespace {

struct Head {
  unsigned char start[2] = {0xff, 0xd8};
  char magic[2] = {'F', 'L'};
  uint32_t size = 0;
  uint64_t sequence = 0;
};
constexpr unsigned char kEnd[2] = {0xff, 0xd9};
static_assert(sizeof(Head) + sizeof kEnd == kTestPictureSizeMin);

// Calls f(offset, word, bytes) for each word of the pattern until it returns false.
template <class F>
bool for_each_word(size_t size, uint64_t sequence, F f) {
  Random pattern(sequence * 0x2545f4914f6cdd1du + size);
  const size_t end = size - sizeof kEnd;
  for (size_t offset = sizeof(Head); offset < end; offset += sizeof(uint64_t)) {
    if (!f(offset, pattern.next(), std::min(sizeof(uint64_t), end - offset))) return false;
  }
  return true;
}

}  // namespace

void write_test_picture(std::span<std::byte> picture, uint64_t sequence) {
  CHECK(picture.size() >= kTestPictureSizeMin);
  Head head;
  head.size = static_cast<uint32_t>(picture.size());
  head.sequence = sequence;
  std::memcpy(picture.data(), &head, sizeof head);
  for_each_word(picture.size(), sequence, [&](size_t offset, uint64_t word, size_t bytes) {
    std::memcpy(picture.data() + offset, &word, bytes);
    return true;
  });
  std::memcpy(picture.data() + picture.size() - sizeof kEnd, kEnd, sizeof kEnd);
}

std::optional<uint64_t> read_test_picture(std::string_view picture) {
  if (picture.size() < kTestPictureSizeMin) return {};
  Head head, expected;
  std::memcpy(&head, picture.data(), sizeof head);
  expected.size = static_cast<uint32_t>(picture.size());
  expected.sequence = head.sequence;
  if (std::memcmp(&head, &expected, sizeof head) != 0) return {};
  if (std::memcmp(picture.data() + picture.size() - sizeof kEnd, kEnd, sizeof kEnd) != 0) return {};
  const bool whole =
      for_each_word(picture.size(), head.sequence, [&](size_t offset, uint64_t word, size_t bytes) {
        return std::memcmp(picture.data() + offset, &word, bytes) == 0;
      });
  return whole ? std::optional(head.sequence) : std::nullopt;
}

}  // namespace fanlight
