// Certificate revocation lists of N entries: time to load one, what it costs in memory, time of a lookup.
#include <array>
#include <chrono>
#include <fstream>
#include <malloc.h>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/handle.hpp"
#include "crypto/key.hpp"
#include "x509/certificate.hpp"
#include "x509/crl.hpp"
#include "x509/issue_certificate.hpp"

namespace certbound::x509 {

namespace {

constexpr WallTime kIssued{std::chrono::seconds{1'800'000'000}};
constexpr std::size_t kSerialOctets = 16;

void append_element(Bytes& out, std::uint8_t tag, ByteView content) {
  out.push_back(tag);
  std::size_t octets = 0;
  for (std::size_t rest = content.size(); rest > 0; rest >>= 8) ++octets;
  if (content.size() >= 128) out.push_back(static_cast<std::uint8_t>(0x80 | octets));
  if (content.size() < 128) octets = 1;
  while (octets-- > 0) out.push_back(static_cast<std::uint8_t>(content.size() >> (8 * octets)));
  out.insert(out.end(), content.begin(), content.end());
}

Bytes sequence(std::initializer_list<ByteView> parts) {
  Bytes content;
  for (const ByteView part : parts) content.insert(content.end(), part.begin(), part.end());
  Bytes out;
  append_element(out, 0x30, content);
  return out;
}

Bytes octets(const std::string& hex) { return hex_decode(hex).value_or(Bytes{}); }

/// Positive, of 16 octets, in no order.
std::vector<Bytes> make_serials(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<Bytes> serials;
  serials.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Bytes serial;
    for (std::size_t octet = 0; octet < kSerialOctets; ++octet) serial.push_back(static_cast<std::uint8_t>(random()));
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40);
    serials.push_back(std::move(serial));
  }
  return serials;
}

/// The CA whose lists are measured.
struct Authority {
  crypto::KeyHandle key;
  std::vector<Certificate> certificates;
};

const Authority& authority() {
  static const Authority made = [] {
    Authority out;
    auto key = crypto::make_key(crypto::KeyType::ec_p256);
    if (!key) return out;
    const CertificateRequest request{.role = CertificateRole::authority,
                                     .subject = {{"CN", "Bench Root"}},
                                     .dns_names = {},
                                     .ip_addresses = {},
                                     .not_before = kIssued - std::chrono::hours{1},
                                     .not_after = kIssued + std::chrono::hours{24}};
    auto certificate = issue_certificate(request, **key, Signer{});
    if (!certificate) return out;
    out.certificates.push_back(*std::move(certificate));
    out.key = *std::move(key);
    return out;
  }();
  return made;
}

Bytes subject_name() {
  const X509_NAME* name = X509_get_subject_name(&authority().certificates.front().handle());
  const std::uint8_t* der = nullptr;
  std::size_t size = 0;
  X509_NAME_get0_der(name, &der, &size);
  return {der, der + size};
}

/// A CRL of `count` entries, each with a reason, as large CAs write them: 52 octets for each.
Bytes make_list(std::size_t count) {
  static const Bytes date = octets("170d3236303130313030303030305a");
  static const Bytes reason = octets("300c300a0603551d1504030a0101");
  static const Bytes algorithm = octets("300a06082a8648ce3d040302");
  Bytes entries;
  for (const Bytes& serial : make_serials(count, 1)) {
    Bytes integer;
    append_element(integer, 0x02, serial);
    const Bytes entry = sequence({integer, date, reason});
    entries.insert(entries.end(), entry.begin(), entry.end());
  }
  const Bytes list = sequence({entries});
  const Bytes next_update = octets("170d3430303130313030303030305a");
  const Bytes body = sequence({octets("020101"), algorithm, subject_name(), date, next_update, list});
  const crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  Bytes signature(80);
  std::size_t length = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, authority().key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, body.data(), body.size()) != 1) {
    return {};
  }
  signature.resize(length);
  signature.insert(signature.begin(), 0);
  Bytes bits;
  append_element(bits, 0x03, signature);
  return sequence({body, algorithm, bits});
}

const Bytes& list_of(std::size_t count) {
  static std::map<std::size_t, Bytes> made;
  auto& list = made[count];
  if (list.empty()) list = make_list(count);
  malloc_trim(0);
  return list;
}

/// `VmRSS` or `VmHWM` of this process in MiB.
double memory_mebi(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

void load_crl(benchmark::State& state) {
  const Bytes& list = list_of(static_cast<std::size_t>(state.range(0)));
  const double before = memory_mebi("VmRSS");
  std::ofstream{"/proc/self/clear_refs"} << 5;  // VmHWM starts again
  std::shared_ptr<const Crl> kept;
  for (auto _ : state) {
    kept.reset();
    auto crl = Crl::parse_der(list, authority().certificates);
    if (!crl) return state.SkipWithError(crl.error().detail.c_str());
    kept = *std::move(crl);
  }
  state.counters["input_MiB"] = static_cast<double>(list.size()) / (1 << 20);
  state.counters["peak_MiB"] = memory_mebi("VmHWM") - before;
  state.counters["kept_MiB"] = memory_mebi("VmRSS") - before;
}
BENCHMARK(load_crl)->Arg(10)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// Every second serial that is asked for is listed.
void look_up_serial(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto crl = Crl::parse_der(list_of(count), authority().certificates);
  if (!crl) return state.SkipWithError(crl.error().detail.c_str());
  std::vector<Serial> asked;
  const auto listed = make_serials(count, 1);
  const auto others = make_serials(count, 2);
  for (std::size_t i = 0; i < count; ++i) {
    asked.push_back(*Serial::from_content(listed[(i * 7919) % count]));
    asked.push_back(*Serial::from_content(others[i]));
  }
  std::size_t next = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    found += (*crl)->lists(asked[next]) ? 1U : 0U;
    next = next + 1 == asked.size() ? 0 : next + 1;
  }
  state.counters["found"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}
BENCHMARK(look_up_serial)->Arg(10)->Arg(10'000)->Arg(1'000'000);

}  // namespace

}  // namespace certbound::x509
