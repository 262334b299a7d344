// SPDX-License-Identifier: Apache-2.0
#include "http/answer/summary_reply.h"

#include "http/protocol/text.h"
#include "http/report/summary.h"

namespace fanlight {

Reply reply_summary(const Call& call) noexcept {
  const std::span<char> room = call.output.subspan(kHeadBytesMax);
  TextWriter text(room);
  Summary summary(call.services, call.grant.rights);
  Body::State state = Body::State::more;
  while (state == Body::State::more && text.room() >= kSummaryStepMax) {
    state = summary.write_step(text);
  }
  if (state == Body::State::more) return reply_report(call, Report::summary, "application/json", 0);
  ResponseHead head(call.output.first(kHeadBytesMax), 200, call.context(call.request.keep_alive));
  head.field("Content-Type: application/json").field("Content-Length: {}", text.size());
  head.field("Cache-Control: no-cache");
  return reply(call, head, {room.data(), text.size()});
}

}  // namespace fanlight
