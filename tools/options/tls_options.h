// SPDX-License-Identifier: Apache-2.0
// TLS options: which listeners use TLS, and which combinations of options make no sense.
#pragma once

#include <string_view>

#include "tools/options/options.h"

namespace fanlight {

// Throws StartError (`blame`): a key, or a listener with https://, without a certificate.
void check_tls(const Options& options, ExitCode blame);

// Whether a listener uses TLS: as its scheme has it; without one, if there is a certificate, unless
// it is a UNIX socket, or for administration and open to this machine only: what is there reads
// figures, and a certificate has no name for it.
bool uses_tls(const ListenAddress& address, bool is_admin, bool has_certificate) noexcept;

}  // namespace fanlight
