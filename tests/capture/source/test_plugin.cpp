// SPDX-License-Identifier: Apache-2.0
// A plugin; the build sets the version and the name of the entry point.

namespace {

struct Table {
  const char* version;
  int answer;
};

}  // namespace

extern "C" const void* TEST_PLUGIN_ENTRY() {
  static const Table table{TEST_PLUGIN_VERSION, 42};
  return &table;
}
