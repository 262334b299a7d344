// SPDX-License-Identifier: Apache-2.0
// TableBody: the stock table as HTML, page by page as the database's reader returns them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "database/table_desk.h"
#include "http/protocol/body.h"
#include "http/protocol/text.h"
#include "http/state/address_table.h"

namespace fanlight {

struct ShardServices;

// Owns: a place at the desk, returned when it is released or given up.
// Thread: its shard's.
// Invariant: no page is requested before the client has taken all of the previous one, so that a
//   client that does not read stops the query.
class TableBody final : public Body {
 public:
  // `share`: of the client, returned on release().
  TableBody(ShardServices& services, TableQuery& query,
            AddressTable::Entry share = AddressTable::kNone) noexcept;

  // Reads the first row: then head and header can be sent before a second one is read.
  void prepare() noexcept override;
  Failure failure() const noexcept override;
  Pulled pull(std::span<char> room) noexcept override;
  bool give_up() noexcept override;
  void release() noexcept override;

 private:
  void ask(size_t rows_max) noexcept;
  void answered() noexcept;
  void write_rows(TextWriter& text) noexcept;
  void write_footer(TextWriter& text) const noexcept;
  void note_failure(std::string_view error) noexcept;

  ShardServices& services_;
  TableQuery* query_;  // nullptr: given up
  const AddressTable::Entry share_;
  std::string_view head_left_;
  size_t offset_ = 0;  // of the next cell, in the page
  size_t cell_ = 0;    // of its row
  uint64_t rows_ = 0;  // in all pages so far
};

}  // namespace fanlight
