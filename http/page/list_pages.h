// SPDX-License-Identifier: Apache-2.0
// ListPages: what surrounds the rows of the streamed pages, /stock-table and /viewers.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// Each is a complete HTML page up to the first row of its table. Rows, a <tfoot> and end() follow.
// Rows omit the end tags that HTML allows to be omitted (HTML section 13.1.2.4), since there may be
// a million rows. Columns are of equal width, so that a browser can show rows before it has seen
// the last one.
// Owns: the texts. Thread: created by one, constant afterwards.
class ListPages {
 public:
  // Throws std::bad_alloc.
  explicit ListPages(std::string_view version);

  std::string_view stock() const { return stock_; }
  std::string_view viewers() const { return viewers_; }
  // From the end of the table to the end of the page, for both.
  std::string_view end() const { return end_; }
  // Content-Security-Policy for both.
  std::string_view policy() const { return policy_; }

 private:
  std::string stock_;
  std::string viewers_;
  std::string end_;
  std::string policy_;
};

}  // namespace fanlight
