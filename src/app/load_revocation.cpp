#include "app/load_revocation.hpp"

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "x509/name.hpp"

namespace certbound::app {

namespace {

std::string subject_of(const x509::Certificate& certificate) {
  return x509::render_name(*X509_get_subject_name(&certificate.handle()));
}

WatchedCrl watch(const x509::Crl& crl, std::string name) {
  WatchedCrl watched;
  watched.name = std::move(name);
  watched.issuer = subject_of(crl.issuer());
  watched.issuer_serial = crl.issuer().serial_hex();
  watched.number = crl.number();
  watched.this_update = crl.this_update();
  watched.next_update = crl.next_update();
  return watched;
}

/// What is wrong with the CRL's dates; empty where nothing is.
std::string describe_dates(const x509::Crl& crl, WallTime now) {
  if (now < crl.this_update()) return "the " + x509::describe_crl(crl, now) + ", is not valid yet; look at the clock";
  if (now < crl.next_update()) return {};
  return "the " + x509::describe_crl(crl, now) + ", is past; fetch a newer one";
}

using Crls = std::vector<std::shared_ptr<const x509::Crl>>;

/// Of every authority of the store, since each may have issued a client or another authority.
void report_missing(const std::vector<x509::Certificate>& authorities, const Crls& crls,
                    const ReportRevocation& report) {
  for (const x509::Certificate& authority : authorities) {
    const auto is_its = [&authority](const auto& crl) { return crl->is_of(authority); };
    if (std::any_of(crls.begin(), crls.end(), is_its)) continue;
    report(
        "crls", config::Severity::warning,
        "none of them is of \"" + subject_of(authority) + "\": whatever it issued is refused, since mode is require");
  }
}

}  // namespace

std::shared_ptr<const x509::TrustStore> load_revocation(std::shared_ptr<const x509::TrustStore> store,
                                                        const x509::RevocationOptions& options, WallTime now,
                                                        std::vector<WatchedCrl>& watched,
                                                        const ReportRevocation& report) {
  const std::vector<x509::Certificate> authorities = store->authorities();
  Crls crls;
  bool is_complete = true;
  for (std::size_t i = 0; i < options.crls.size(); ++i) {
    const std::string key = "crls[" + std::to_string(i) + "]";
    const auto content = load_file(options.crls[i], x509::kMaximumCrlFileBytes);
    if (!content) {
      report(key, config::Severity::error, content.error().detail);
      is_complete = false;
      continue;
    }
    auto parsed = x509::parse_crls(*content, authorities);
    if (!parsed) {
      report(key, config::Severity::error, options.crls[i].string() + ": " + parsed.error().detail);
      is_complete = false;
      continue;
    }
    for (const auto& crl : *parsed) {
      if (std::string remark = describe_dates(*crl, now); !remark.empty()) {
        report(key, config::Severity::warning, std::move(remark));
      }
      watched.push_back(watch(*crl, store->name() + ": " + options.crls[i].filename().string()));
      crls.push_back(crl);
    }
  }
  if (options.mode == x509::RevocationMode::off) return store;
  if (options.mode == x509::RevocationMode::require && !options.ocsp.is_on() && is_complete)
    report_missing(authorities, crls, report);
  return store->with_revocation(x509::Revocation{options.mode, std::move(crls), options.ocsp});
}

}  // namespace certbound::app
