// SPDX-License-Identifier: Apache-2.0
#include "http/answer/table_reply.h"

#include "core/check.h"
#include "http/answer/admit.h"
#include "http/report/table_body.h"

namespace fanlight {
namespace {

Reply reply_head(const Call& call, bool keep_alive, bool chunked) {
  ResponseHead head(call.output, 200, call.context(keep_alive));
  head.field("Content-Type: text/html; charset=utf-8").field("Cache-Control: no-store");
  add_page_fields(head, call.services.state.list_pages.policy());
  if (chunked) head.field("Transfer-Encoding: chunked");
  Reply answer = reply(call, head, {});
  answer.keep_alive = keep_alive;
  answer.chunked = chunked;
  return answer;
}

}  // namespace

Answer reply_table(const Call& call) noexcept {
  TableDesk* desk = call.services.state.config.table;
  if (desk == nullptr) return reply_error(call, 404, "no stock table is configured (--stock-db)");
  if (call.request.method == Method::head) return reply_head(call, call.request.keep_alive, false);
  AddressTable::Entry share;
  const std::string_view refusal = take_share(call, Held::table, share);
  if (!refusal.empty()) return reply_error(call, 503, refusal);
  TableQuery* query = desk->open();
  if (query == nullptr) {
    call.services.state.admission.return_share(share, Held::table);
    return reply_error(call, 503, note_no_body(call, Held::table));
  }
  Body* body = call.services.tables.make(call.services, *query, share);
  CHECK(body != nullptr);  // as many as places at the desk
  return AwaitBody{body};
}

Reply reply_prepared_table(const Call& call, Body& body) noexcept {
  if (const Body::Failure failure = body.failure(); failure.status != 0) {
    body.release();
    return reply_error(call, failure.status, failure.reason);
  }
  // HTTP/1.0 has no chunks: the end of the connection is the end of the table.
  const bool chunked = call.request.minor_version >= 1;
  Reply answer = reply_head(call, chunked && call.request.keep_alive, chunked);
  answer.body = &body;
  return answer;
}

}  // namespace fanlight
