// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what each program of this folder defines. Two mains call it: libFuzzer's, which
// looks for new inputs (libfuzzer_entry.cpp), and corpus_main.cpp, which any compiler can build.
#pragma once

#include <string_view>

namespace fanlight {

// Gives `input` to a parser, and checks the properties that must hold for any bytes with CHECK.
// Deterministic: whatever it draws, it draws from the input. Keeps nothing from call to call.
void fuzz(std::string_view input);

// Set by corpus_main.cpp: the input is one of few, so that checks may take longer.
inline bool fuzz_is_thorough = false;

}  // namespace fanlight
