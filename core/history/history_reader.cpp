// SPDX-License-Identifier: Apache-2.0
#include "core/history/history_reader.h"

#include <functional>

#include "core/check.h"
#include "core/segments/segment_writer.h"

namespace fanlight {

HistoryReader::HistoryReader() : memory_(kSegmentsMax * sizeof(std::string_view)) {}

std::span<std::string_view> HistoryReader::pieces() const noexcept {
  return {reinterpret_cast<std::string_view*>(memory_.data()), kSegmentsMax};
}

bool HistoryReader::read(FrameHistory& history, uint64_t sequence, std::span<char> room,
                         Frame& frame) noexcept {
  const auto group = history.find_group(
      [sequence](const FrameHistory::Group& each) {
        return each.first_sequence.load(std::memory_order_relaxed) <= sequence;
      },
      std::greater<>());
  if (!group) return false;
  const HistoryRecord* record = find(history, *group, sequence);
  if (record == nullptr || room.size() < room_for(record->jpeg_size)) return false;
  char* const jpeg = room.data() + kPartHeadroom;
  SegmentWriter writer(head_, jpeg);
  for (size_t i = 0; i < record->grid.count(); ++i) writer.add(pieces()[i]);
  char* const end = record->grid.count() == 0 ? jpeg + head_.size() : writer.finish();
  CHECK(end == jpeg + record->jpeg_size);
  write_part_tail(end);
  const FrameInfo& info = record->info;
  frame.jpeg_ = jpeg;
  frame.jpeg_size_ = record->jpeg_size;
  frame.head_size_ = write_part_head(room.first<kPartHeadroom>(), record->jpeg_size,
                                     info.captured_wall, info.sequence, info.slate_reason.view());
  frame.place_ = Frame::kNotInRing;
  frame.pictures_ = record->pictures;
  frame.oldest_base_ = frame.changed_at_ = info.sequence;
  frame.info_ = info;
  return true;
}

// The record of this frame, whose segments and head are then in pieces() and `head_`; nullptr if
// there is none. The last record with a head, up to that, is where it begins.
const HistoryRecord* HistoryReader::find(const FrameHistory& history,
                                         const FrameHistory::Group& group,
                                         uint64_t sequence) noexcept {
  const HistoryRecord* found = nullptr;
  uint64_t begins_with = 0;
  history.visit(group, [&](const HistoryRecord& record) {
    if (record.info.sequence > sequence) return false;
    if (record.head_size > 0) begins_with = record.info.sequence;
    found = &record;
    return true;
  });
  if (found == nullptr || found->info.sequence != sequence) return nullptr;
  history.visit(group, [&](const HistoryRecord& record) {
    if (record.info.sequence >= begins_with) take(record);
    return record.info.sequence < sequence;
  });
  return found;
}

void HistoryReader::take(const HistoryRecord& record) noexcept {
  const auto* const list = reinterpret_cast<const HistorySegment*>(&record + 1);
  const char* bytes = reinterpret_cast<const char*>(list + record.count);
  if (record.head_size > 0) head_ = {bytes, record.head_size};
  bytes += record.head_size;
  for (const HistorySegment& segment : std::span(list, record.count)) {
    pieces()[segment.number] = {bytes, segment.size};
    bytes += segment.size;
  }
}

}  // namespace fanlight
