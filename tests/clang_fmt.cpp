// SPDX-License-Identifier: Apache-2.0
// A function of libfmt 9 whose name in the library, which GCC has compiled, is not the one that
// clang looks for: this gives it clang's name too.
#include <fmt/format.h>

#if FMT_VERSION < 100000
template void fmt::detail::vformat_to<char>(
    buffer<char>& buffer, string_view format,
    basic_format_args<FMT_BUFFER_CONTEXT(type_identity_t<char>)> arguments, locale_ref locale);
#endif
