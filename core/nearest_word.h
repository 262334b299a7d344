// SPDX-License-Identifier: Apache-2.0
// Nearest word: what somebody meant who mistyped a flag, a key, a value or a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fanlight {

// The known word that is fewest typing errors away: a letter too many, one missing, a wrong one, or
// two neighbours swapped (optimal string alignment distance). Letters count alike in either case,
// and so do '-' and '_'. Of several equally near the one that has more of the word's beginning.
// Empty when the nearest is not near: one error in every three letters at most, and three in all.
std::string_view nearest_word(std::string_view word,
                              std::span<const std::string_view> known) noexcept;

// "; did you mean 'PREFIXWORD'?" with the nearest word, or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view prefix = "");

}  // namespace fanlight
