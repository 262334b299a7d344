// SPDX-License-Identifier: Apache-2.0
// Nearest word: what was probably meant by a mistyped flag, key, value or name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fanlight {

// The known word that is the fewest typing errors away: an extra letter, a missing one, a wrong
// one, or two neighbours swapped (optimal string alignment distance). Case is ignored, and '-'
// equals '_'. Among equally near words, the one that shares the longest beginning with `word`.
// Empty when even the nearest is too far: at most one error in every three letters, and three in
// all.
std::string_view nearest_word(std::string_view word,
                              std::span<const std::string_view> known) noexcept;

// "; did you mean 'PREFIXWORD'?" with the nearest word, or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view prefix = "");

}  // namespace fanlight
