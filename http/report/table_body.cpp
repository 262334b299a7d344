// SPDX-License-Identifier: Apache-2.0
#include "http/report/table_body.h"

#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "http/delivery/shard_services.h"

namespace fanlight {
namespace {

// More than fit into a page.
constexpr size_t kRowsPerPage = 10'000;
// A cell whose characters are all escaped, `&quot;` at worst, and its tags.
constexpr size_t kCellHtmlMax = 6 * kCellBytesMax + 16;

}  // namespace

TableBody::TableBody(ShardServices& services, TableQuery& query, AddressTable::Entry share) noexcept
    : services_(services),
      query_(&query),
      share_(share),
      head_left_(services.state.list_pages.stock()) {}

void TableBody::prepare() noexcept {
  wait();
  ask(1);
}

void TableBody::ask(size_t rows_max) noexcept {
  const TablePage& page = query_->page();
  const int64_t first_row = rows_ == 0 ? kFirstRow : page.last_row() + 1;
  services_.state.config.table->ask(
      *query_, first_row, rows_max, services_.mailbox, this,
      [](void* owner) noexcept { static_cast<TableBody*>(owner)->answered(); });
}

void TableBody::answered() noexcept {
  offset_ = 0;
  rows_ += query_->page().rows();
  if (query_->status() != TableStatus::ok) note_failure(query_->error());
  ready();
}

Body::Failure TableBody::failure() const noexcept {
  if (query_ == nullptr) return {504, "the table's database did not answer in time"};
  switch (query_->status()) {
    case TableStatus::ok:
      return {};
    case TableStatus::busy:
      return {503, "the table's database is locked; try again"};
    case TableStatus::failed:
      break;
  }
  return {500, "the table cannot be read; see the server's log"};
}

Body::Pulled TableBody::pull(std::span<char> room) noexcept {
  TextWriter text(room);
  text.raw_part(head_left_);
  if (head_left_.empty()) write_rows(text);
  if (text.size() > 0) return {text.size(), State::more};

  // All of the page has been written.
  if (query_->status() != TableStatus::ok) return {0, State::failed};
  if (query_->page().is_last()) {
    write_footer(text);
    return {text.size(), State::done};
  }
  const Pulled pending = wait();
  ask(kRowsPerPage);
  return pending;
}

void TableBody::write_rows(TextWriter& text) noexcept {
  const TablePage& page = query_->page();
  while (offset_ < page.size() && text.room() >= kCellHtmlMax) {
    text.raw(cell_ == 0 ? "<tr><td>" : "<td>");
    text.add_html(page.cell(offset_));
    if (++cell_ < TablePage::kColumns) continue;
    text.raw("\n");
    cell_ = 0;
  }
}

void TableBody::write_footer(TextWriter& text) const noexcept {
  text.add("<tfoot>\n<tr><td colspan=\"{}\">{} {}\n", TablePage::kColumns, rows_,
           rows_ == 1 ? "row" : "rows");
  text.raw(services_.state.list_pages.end());
}

// The error may name the file: it goes only to the operator's log, not to the client.
void TableBody::note_failure(std::string_view error) noexcept {
  log_gated(services_.table_gate, services_.now(), LogLevel::warning,
            "stock table: {}, after {} rows", error, rows_);
}

bool TableBody::give_up() noexcept {
  services_.state.config.table->close(*std::exchange(query_, nullptr));
  return true;
}

void TableBody::release() noexcept {
  if (query_ != nullptr) give_up();
  services_.state.admission.return_share(share_, Held::table);
  services_.tables.destroy(this);
}

}  // namespace fanlight
