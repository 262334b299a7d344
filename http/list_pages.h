// SPDX-License-Identifier: Apache-2.0
// ListPages: what the streamed pages begin with, /stock-table and /viewers.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// Each is whole HTML with a table up to its first row. Rows and a <tfoot> follow; end tags that
// HTML lets one leave out are left out (HTML section 13.1.2.4), since there may be a million of
// them. Columns are of equal width, so that a browser can show rows before it has seen the last.
// Owns: the texts. Thread: made by one, constant afterwards.
class ListPages {
 public:
  ListPages();

  std::string_view stock() const { return stock_; }
  std::string_view viewers() const { return viewers_; }
  // Content-Security-Policy of both.
  std::string_view policy() const { return policy_; }

 private:
  std::string stock_;
  std::string viewers_;
  std::string policy_;
};

}  // namespace fanlight
