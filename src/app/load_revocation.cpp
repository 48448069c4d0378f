#include "app/load_revocation.hpp"

#include <algorithm>
#include <utility>

#include "app/crl_fetcher.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "fetch/url.hpp"
#include "x509/name.hpp"

namespace certbound::app {

namespace {

std::string subject_of(const x509::Certificate& certificate) {
  return x509::render_name(*X509_get_subject_name(&certificate.handle()));
}

/// What is wrong with the CRL's dates; empty where nothing is.
std::string describe_dates(const x509::Crl& crl, WallTime now) {
  if (now < crl.this_update()) return "the " + x509::describe_crl(crl, now) + ", is not valid yet; look at the clock";
  if (now < crl.next_update()) return {};
  return "the " + x509::describe_crl(crl, now) + ", is past; fetch a newer one";
}

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

/// The CRLs of one trust store, source by source.
class RevocationLoader {
 public:
  RevocationLoader(const x509::TrustStore& store, WallTime now, const FindFetchedCrls& find_fetched,
                   const ReportRevocation& report)
      : store_{store}, authorities_{store.authorities()}, now_{now}, find_fetched_{find_fetched}, report_{report} {}

  void load(const std::string& key, const x509::CrlSource& source) {
    if (source.url.empty()) {
      load_file_of(key, source.file);
    } else {
      load_fetched(key, source.url);
    }
  }

  LoadedRevocation take(const x509::RevocationOptions& options) {
    if (options.mode == x509::RevocationMode::require && !options.ocsp.is_on() && is_complete_) {
      report_missing(authorities_, crls_, report_);
    }
    if (options.mode != x509::RevocationMode::off) {
      loaded_.revocation = x509::Revocation{options.mode, std::move(crls_), options.ocsp};
    }
    return std::move(loaded_);
  }

 private:
  void load_file_of(const std::string& key, const std::filesystem::path& file) {
    const auto content = load_file(file, x509::kMaximumCrlFileBytes);
    if (!content) return refuse(key, content.error().detail);
    const auto parsed = x509::parse_crls(*content, authorities_);
    if (!parsed) return refuse(key, file.string() + ": " + parsed.error().detail);
    add(key, *parsed, file.filename().string());
  }

  /// One that has not come yet is no problem of the configuration; to have lost one that was there is.
  void load_fetched(const std::string& key, const std::string& url) {
    CrlUrl entry;
    entry.id = CopyId{CopyId::Kind::crl, store_.name(), url};
    entry.key = key;
    entry.authorities = authorities_;
    FoundCrls found = find_fetched_(entry.id, authorities_);
    entry.fetched = std::move(found.crls);
    if (!found.remark.empty()) {
      report_(
          key, config::Severity::warning,
          "what was fetched before cannot be used (" + found.remark + "); nothing is there until it is fetched anew");
    }
    is_complete_ = is_complete_ && (entry.fetched || !found.remark.empty());
    if (entry.fetched) add(key, entry.fetched->crls, entry.id.shown_source());
    loaded_.urls.push_back(std::move(entry));
  }

  void add(const std::string& key, const Crls& crls, const std::string& source) {
    for (const auto& crl : crls) {
      if (std::string remark = describe_dates(*crl, now_); !remark.empty()) {
        report_(key, config::Severity::warning, std::move(remark));
      }
      loaded_.watched.push_back(watch_crl(*crl, store_.name() + ": " + source));
      crls_.push_back(crl);
    }
  }

  void refuse(const std::string& key, std::string message) {
    report_(key, config::Severity::error, std::move(message));
    is_complete_ = false;
  }

  const x509::TrustStore& store_;
  const std::vector<x509::Certificate> authorities_;
  WallTime now_;
  const FindFetchedCrls& find_fetched_;
  const ReportRevocation& report_;
  LoadedRevocation loaded_;
  Crls crls_;
  bool is_complete_ = true;
};

}  // namespace

namespace {

void log_ignored(const CopyId& id, const Error& error) {
  log::warning("fetched_copy_ignored", {{"name", id.shown()}, {"detail", error.detail}});
}

FoundCrls find_copy(const FetchedCopies& copies, const CopyId& id, const std::vector<x509::Certificate>& authorities) {
  FoundCrls result;
  auto copy = copies.load(id, x509::kMaximumCrlFileBytes);
  if (copy && !*copy) return result;
  auto parsed = copy ? x509::parse_known_crls((*copy)->body, authorities) : Result<x509::KnownCrls>{copy.error()};
  if (!parsed) {
    log_ignored(id, parsed.error());
    result.remark = std::move(parsed).error().detail;
    return result;
  }
  auto found = std::make_shared<FetchedCrls>();
  found->digest = crypto::sha256((*copy)->body);
  found->copy = **std::move(copy);
  found->copy.body.clear();
  found->copy.body.shrink_to_fit();
  found->crls = std::move(parsed->crls);
  result.crls = std::move(found);
  return result;
}

/// What came after the copy and was taken in part counts now as it did when it came.
void add_part(FoundCrls& found, const FetchedCopies& copies, const CopyId& id,
              const std::vector<x509::Certificate>& authorities) {
  const auto part = copies.load(id, x509::kMaximumCrlFileBytes, fetch::Taken::in_part);
  if (part && !*part) return;
  if (!part) return log_ignored(id, part.error());
  const Crls* before = found.crls ? &found.crls->crls : nullptr;
  auto examined = examine_crls((*part)->body, authorities, before, wall_now());
  if (!examined) return log_ignored(id, examined.error());
  auto both = std::make_shared<FetchedCrls>();
  both->digest = crypto::sha256((*part)->body);
  both->copy.received_at = (*part)->received_at;  // no validators: it is asked for in full
  both->crls = std::move(examined->crls);
  found.crls = std::move(both);
}

}  // namespace

std::string shown_url(const std::string& url) {
  const auto parsed = fetch::parse_url(url);
  return parsed ? fetch::render_for_log(*parsed) : "";
}

LoadedRevocation load_revocation(const x509::TrustStore& store, const x509::RevocationOptions& options, WallTime now,
                                 const FindFetchedCrls& find_fetched, const ReportRevocation& report) {
  RevocationLoader loader{store, now, find_fetched, report};
  for (std::size_t i = 0; i < options.crls.size(); ++i) {
    // What is off is not fetched; its files are read, so that what is wrong with them is told.
    if (options.mode == x509::RevocationMode::off && !options.crls[i].url.empty()) continue;
    loader.load("crls[" + std::to_string(i) + "]", options.crls[i]);
  }
  return loader.take(options);
}

FindFetchedCrls find_in_copies(const std::filesystem::path& state_dir) {
  return find_in_copies(FetchedCopies{state_dir});
}

FindFetchedCrls find_in_copies(FetchedCopies copies) {
  return [copies = std::move(copies)](const CopyId& id, const std::vector<x509::Certificate>& authorities) {
    FoundCrls found = find_copy(copies, id, authorities);
    add_part(found, copies, id, authorities);
    return found;
  };
}

}  // namespace certbound::app
