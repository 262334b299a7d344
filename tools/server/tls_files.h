// SPDX-License-Identifier: Apache-2.0
// TLS files: the server's certificate and key, at the start and when SIGHUP has them read again.
#pragma once

#include <memory>

#include "io/tls/tls_certificate.h"
#include "tools/options/options.h"

namespace fanlight {

// nullptr without --tls-cert. Logs a warning if every user of this machine may read the key. Throws
// StartError (config) with the flag, the file and the cause.
std::unique_ptr<TlsCertificate> open_tls(const Options& options);

// Reads both files again and logs one line. A pair that cannot be used leaves the old one in force.
void reload_tls(TlsCertificate& certificate, const Options& options) noexcept;

}  // namespace fanlight
