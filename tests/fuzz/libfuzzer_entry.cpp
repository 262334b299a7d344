// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fanlight::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
