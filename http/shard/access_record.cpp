// SPDX-License-Identifier: Apache-2.0
#include "http/shard/access_record.h"

#include <chrono>

#include "core/to_number.h"
#include "http/protocol/redacted_target.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

// 2026-01-31T23:59:59.123Z (RFC 3339).
void add_time(WallTime time, TextWriter& text) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  text.add("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
           unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
           clock.seconds().count(), clock.subseconds().count());
}

}  // namespace

AccessRecord::AccessRecord(const Request& request, const PeerAddress& client, Instant now,
                           WallTime time, uint64_t sent_before) noexcept
    : began_(now),
      time_(time),
      sent_before_(sent_before),
      client_(client),
      method_(request.method_name),
      target_(RedactedTarget<kTargetBytesMax>(request.target).view()),
      user_agent_(request.user_agent) {}

// "HTTP/1.1 200 OK"
void AccessRecord::note_answer(const Piece& piece) noexcept {
  const std::string_view head = piece.first();
  if (status_ != 0 || !head.starts_with("HTTP/1.") || head.size() < 12) return;
  status_ = to_number<int>(head.substr(9, 3)).value_or(0);
}

std::string_view AccessRecord::write(Instant now, uint64_t sent,
                                     std::span<char> room) const noexcept {
  TextWriter text(room);
  char address[kAddressTextMax];
  text.raw("{\"time\":\"");
  add_time(time_, text);
  text.add("\",\"client\":\"{}\",\"method\":\"", format_address(client_, address));
  text.add_json(method_.view());
  text.raw("\",\"target\":\"");
  text.add_json(target_.view(), target_.bytes.size());
  text.add("\",\"status\":{},\"bytes\":{},\"duration\":{:.3f},\"user_agent\":\"", status_,
           sent - sent_before_, to_seconds(now - began_));
  text.add_json(user_agent_.view());
  text.raw("\"}");
  return text.view();
}

}  // namespace fanlight
