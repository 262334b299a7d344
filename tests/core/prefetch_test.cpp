// SPDX-License-Identifier: Apache-2.0
#include "core/prefetch.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

// A completion without an owner has the address 0.
TEST(Prefetch, NeverFaultsWhateverTheAddress) {
  prefetch(nullptr, 200);
  prefetch(reinterpret_cast<const void*>(UINTPTR_MAX - 10), 200);
  const char memory[200] = {};
  prefetch(memory, sizeof memory);
}

}  // namespace
}  // namespace fanlight
