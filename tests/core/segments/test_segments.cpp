// SPDX-License-Identifier: Apache-2.0
#include "tests/core/segments/test_segments.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/random.h"

namespace fanlight {
namespace {

// As numbers of segments and frames are small, neither hash has collisions that matter.
uint64_t hash_of(uint64_t a, uint64_t b) {
  return Random(a * 1'000'003 + b).next();
}

bool changes(size_t number, uint64_t sequence) {
  if (sequence <= 1 || sequence % kTestEpoch == 0) return true;
  if (is_quiet(sequence)) return false;
  return number == 0 || hash_of(number, sequence) % 64 == 0;
}

void add_16_bits(std::string& to, int value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value & 0xff);
}

// SOI, DQT, SOF0 with one component, DRI, SOS.
std::string head_of(int width, int height, uint64_t sequence) {
  std::string head("\xff\xd8\xff\xdb\0\x03", 6);
  head += static_cast<char>(sequence / kTestEpoch % 256);
  head += std::string("\xff\xc0\0\x0b\x08", 5);
  add_16_bits(head, height);
  add_16_bits(head, width);
  head += std::string("\x01\x01\x11\0", 4);
  head += std::string("\xff\xdd\0\x04\0\x04", 6);
  head += std::string("\xff\xda\0\x08\x01\x01\0\0\x3f\0", 10);
  return head;
}

std::string segment_of(size_t number, uint64_t changed_at) {
  std::string text = std::to_string(number) + ":" + std::to_string(changed_at) + ":";
  Random random(hash_of(number, changed_at));
  for (size_t i = 5 + random.below(60); i > 0; --i) {
    text += static_cast<char>('a' + random.below(26));
  }
  return text;
}

// The entropy-coded pieces between markers. Empty if the markers are not in order.
std::vector<std::string> pieces_of(std::string_view scan) {
  std::vector<std::string> pieces;
  for (;;) {
    const size_t marker = scan.find('\xff');
    if (marker == std::string_view::npos || marker + 1 >= scan.size()) return {};
    pieces.emplace_back(scan.substr(0, marker));
    const auto code = static_cast<unsigned char>(scan[marker + 1]);
    scan.remove_prefix(marker + 2);
    if (code == 0xd9) return scan.empty() ? pieces : std::vector<std::string>{};
    if (code != 0xd0 + (pieces.size() - 1) % 8) return {};
  }
}

}  // namespace

bool is_quiet(uint64_t sequence) {
  return sequence > 1 && sequence % kTestEpoch != 0 && hash_of(4711, sequence) % 3 == 0;
}

uint64_t test_changed_at(size_t number, uint64_t sequence) {
  while (sequence > 1 && !changes(number, sequence)) --sequence;
  return sequence;
}

size_t write_divided_picture(std::span<std::byte> jpeg, uint64_t sequence,
                             std::span<Segment> segments) {
  std::string picture = head_of(kTestWidth, kTestHeight, sequence);
  const size_t count = kTestGrid.count();
  CHECK(segments.size() > count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t changed_at = test_changed_at(i, sequence);
    segments[i] = {static_cast<uint32_t>(picture.size()),
                   static_cast<uint32_t>(sequence - changed_at)};
    picture += segment_of(i, changed_at) + '\xff';
    picture += static_cast<char>(i + 1 == count ? 0xd9 : 0xd0 + i % 8);
  }
  segments[count] = {static_cast<uint32_t>(picture.size()), 0};
  CHECK(picture.size() <= jpeg.size());
  std::copy(picture.begin(), picture.end(), reinterpret_cast<char*>(jpeg.data()));
  return picture.size();
}

bool read_divided_picture(std::string_view picture, uint64_t& sequence) {
  const size_t head = head_of(kTestWidth, kTestHeight, 0).size();
  if (picture.size() < head) return false;
  const std::vector<std::string> pieces = pieces_of(picture.substr(head));
  if (pieces.size() != kTestGrid.count() || !pieces[0].starts_with("0:")) return false;
  sequence = std::stoull(pieces[0].substr(2));
  TestCanvas canvas;
  return canvas.take_whole(picture, sequence).empty() && canvas.check(sequence).empty();
}

std::string TestCanvas::take_whole(std::string_view jpeg, uint64_t sequence) {
  sequence_ = sequence;
  segments_.clear();
  const std::string head = head_of(kTestWidth, kTestHeight, sequence);
  head_ = jpeg.starts_with(head) ? head : "";
  if (head_.empty()) return {};
  segments_ = pieces_of(jpeg.substr(head.size()));
  return segments_.size() == kTestGrid.count() ? "" : "not as many segments as the grid has";
}

std::string TestCanvas::take_update(std::string_view description, std::string_view atlas,
                                    bool shared) {
  const auto message = nlohmann::json::parse(description);
  const auto& update = message["update"];
  const uint64_t base = update["base"];
  if (base != sequence_ && !(shared && base < sequence_)) return "base is not the last frame";
  sequence_ = message["sequence"];
  std::vector<size_t> numbers;
  for (const auto& run : update["runs"]) {
    for (size_t i = 0; i < run[1]; ++i) numbers.push_back(size_t(run[0]) + i);
  }
  if (numbers.empty()) return atlas.empty() ? "" : "an atlas of nothing";
  if (update["width"] != kTestWidth || update["height"] != kTestHeight ||
      update["segment_width"] != kTestGrid.width || update["segment_height"] != kTestGrid.height) {
    return "another geometry";
  }
  std::vector<size_t> wanted;
  for (size_t i = 0; i < kTestGrid.count(); ++i) {
    if (test_changed_at(i, sequence_) > base) wanted.push_back(i);
  }
  if (numbers != wanted) return "not the segments that changed";

  const int columns = update["atlas_columns"];
  const int rows = (static_cast<int>(numbers.size()) + columns - 1) / columns;
  const std::string head = head_of(columns * kTestGrid.width, rows * kTestGrid.height, sequence_);
  if (!atlas.starts_with(head)) return "an atlas with another head";
  const std::vector<std::string> pieces = pieces_of(atlas.substr(head.size()));
  if (pieces.size() != size_t(columns) * size_t(rows)) return "an atlas of another size";
  for (size_t i = 0; i < numbers.size(); ++i) segments_.at(numbers[i]) = pieces[i];
  return {};
}

std::string TestCanvas::check(uint64_t sequence) const {
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i] == segment_of(i, test_changed_at(i, sequence))) continue;
    return "segment " + std::to_string(i) + " is not that of frame " + std::to_string(sequence) +
           ": " + segments_[i];
  }
  return {};
}

}  // namespace fanlight
