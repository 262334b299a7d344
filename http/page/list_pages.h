// SPDX-License-Identifier: Apache-2.0
// ListPages: what is around the rows of the streamed pages, /stock-table and /viewers.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// Each is whole HTML with a table up to its first row. Rows, a <tfoot> and end() follow; end tags
// that HTML lets one leave out are left out (HTML section 13.1.2.4) in rows, since there may be a
// million of them. Columns are of equal width, so that a browser can show rows before it has seen
// the last.
// Owns: the texts. Thread: made by one, constant afterwards.
class ListPages {
 public:
  // Throws std::bad_alloc.
  explicit ListPages(std::string_view version);

  std::string_view stock() const { return stock_; }
  std::string_view viewers() const { return viewers_; }
  // From the end of the table to the end of the page, of both.
  std::string_view end() const { return end_; }
  // Content-Security-Policy of both.
  std::string_view policy() const { return policy_; }

 private:
  std::string stock_;
  std::string viewers_;
  std::string end_;
  std::string policy_;
};

}  // namespace fanlight
