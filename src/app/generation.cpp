#include "app/generation.hpp"

#include <algorithm>
#include <future>
#include <malloc.h>
#include <system_error>
#include <tuple>
#include <utility>

#include "app/build_snapshot.hpp"
#include "config/load.hpp"
#include "oauth/client_algorithms.hpp"

namespace certbound::app {

namespace {

/// In the order of the files as they were read, then of their lines.
void sort_by_place(std::vector<config::Problem>& problems, const std::vector<std::string>& files) {
  const auto order = [&files](const config::Problem& problem) {
    return std::find(files.begin(), files.end(), problem.file) - files.begin();
  };
  std::stable_sort(problems.begin(), problems.end(), [&order](const config::Problem& a, const config::Problem& b) {
    return std::make_tuple(order(a), a.line, a.column) < std::make_tuple(order(b), b.line, b.column);
  });
}

/// One worker's.
Result<std::vector<net::TlsContext>> make_tls_contexts(const Generation& generation,
                                                       const crypto::LibraryContext& library) {
  std::vector<net::TlsContext> contexts;
  const net::Tls12Suites suites =
      generation.config.profile == oauth::Profile::fapi2 ? net::Tls12Suites::fapi : net::Tls12Suites::modern;
  for (const net::ListenerOptions& listener : generation.config.listeners) {
    auto context = net::make_tls_context(generation.materials.server, listener.client_certificate,
                                         generation.config.limits.chain, library, suites);
    if (!context) return std::move(context).error();
    contexts.push_back(*std::move(context));
  }
  for (const gate::Options& verifier : generation.config.verifiers) {
    if (verifier.is_local()) {
      contexts.emplace_back();
      continue;
    }
    auto context = net::make_tls_context(generation.materials.server, net::ClientCertificate::require,
                                         generation.config.limits.chain, library, suites);
    if (!context) return std::move(context).error();
    contexts.push_back(*std::move(context));
  }
  return contexts;
}

/// One worker's.
Result<std::vector<std::shared_ptr<const gate::Published>>> make_verifiers(
    const Generation& generation, const std::shared_ptr<gate::ProofMemory>& proofs) {
  std::vector<std::shared_ptr<const gate::Published>> verifiers;
  for (std::size_t i = 0; i < generation.config.verifiers.size(); ++i) {
    gate::Options options = generation.config.verifiers[i];
    const auto algorithms = oauth::client_algorithms(generation.config.profile);
    options.dpop_algorithms.assign(algorithms.begin(), algorithms.end());
    auto made = gate::make_published(std::move(options), generation.materials.proxies[i], generation.snapshot->issuer,
                                     generation.snapshot->jwks.body, proofs);
    if (!made) return std::move(made).error();
    verifiers.push_back(*std::move(made));
  }
  return verifiers;
}

/// On a thread of its own, and so in an arena of its own: what is made afterwards and stays does not get into the gaps
/// that reading a hundred thousand clients leaves, and their pages can be given back once the registry has them.
config::Loaded load_apart(const std::filesystem::path& file, WallTime now) {
  const auto load = [&] { return config::load(file, config::system_surroundings(now)); };
  std::future<config::Loaded> loading;
  try {
    loading = std::async(std::launch::async, load);
  } catch (const std::system_error&) {
    return load();  // the system has no thread left; memory matters less than an answer
  }
  return loading.get();
}

}  // namespace

Checked check_configuration(const std::filesystem::path& file, WallTime now, const MakeCrlFinder& make_finder) {
  Checked checked;
  config::Loaded loaded = load_apart(file, now);
  checked.problems = std::move(loaded.problems);
  const config::Config& readable = loaded.config ? *loaded.config : loaded.draft;
  const FindFetchedCrls finder = make_finder ? make_finder(readable.state_dir) : &find_no_crls;
  LoadedMaterials materials = load_materials(readable, now, finder);
  checked.problems.insert(checked.problems.end(), std::make_move_iterator(materials.problems.begin()),
                          std::make_move_iterator(materials.problems.end()));
  sort_by_place(checked.problems, readable.files);
  checked.named = std::move((loaded.config ? *loaded.config : loaded.draft).named);
  if (!loaded.config) return checked;
  checked.config = std::move(loaded.config);
  checked.materials = std::move(materials.materials);
  return checked;
}

Result<Generation> make_generation(Checked checked, GenerationContext context, std::uint64_t number) {
  Generation generation;
  generation.config = *std::move(checked.config);
  generation.materials = *std::move(checked.materials);
  generation.materials.key_encryption_key.reset();  // who keeps the keys has it since the start
  for (const crypto::LibraryContext& library : context.libraries) {
    auto contexts = make_tls_contexts(generation, library);
    if (!contexts) return std::move(contexts).error();
    generation.tls.push_back(*std::move(contexts));
  }
  auto snapshot = build_snapshot(generation.config, generation.materials, std::move(context.keys), number);
  if (!snapshot) return std::move(snapshot).error();
  generation.snapshot = *std::move(snapshot);
  for (std::size_t worker = 0; worker < context.libraries.size(); ++worker) {
    auto verifiers = make_verifiers(generation, context.proofs);
    if (!verifiers) return std::move(verifiers).error();
    generation.verifiers.push_back(*std::move(verifiers));
  }
  return generation;
}

void release_declarations(config::Config& config) {
  // Not `= {}`: that empties a vector and keeps its capacity.
  config.clients = std::vector<model::Client>();
  config.client_places = std::vector<config::ClientPlace>();
  config.issued_certificates = std::vector<config::IssuedCertificate>();
  malloc_trim(0);
}

RenewedCrls replace_crls(const Generation& generation, const CopyId& url, const Crls& before, const Crls& now) {
  RenewedCrls renewed;
  auto snapshot = std::make_shared<oauth::Snapshot>(*generation.snapshot);
  if (const auto store = snapshot->trust_stores.find(url.owner); store != snapshot->trust_stores.end()) {
    const x509::Revocation& revocation = store->second->revocation();
    Crls crls = now;
    for (const auto& crl : revocation.crls()) {
      if (std::find(before.begin(), before.end(), crl) == before.end()) crls.push_back(crl);
    }
    store->second = store->second->with_revocation(revocation.with_crls(std::move(crls)));
  }
  renewed.snapshot = std::move(snapshot);
  const std::string name = url.owner + ": " + url.shown_source();
  for (const WatchedCrl& watched : generation.materials.crls) {
    if (watched.name != name) renewed.watched.push_back(watched);
  }
  for (const auto& crl : now) renewed.watched.push_back(watch_crl(*crl, name));
  return renewed;
}

}  // namespace certbound::app
