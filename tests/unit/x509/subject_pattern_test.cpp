#include "x509/subject_pattern.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pki.hpp"
#include "x509/subject_pattern_index.hpp"

namespace certbound::x509 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Name name_of(std::string_view text) {
  auto name = Name::parse(text);
  if (!name) throw std::runtime_error{std::string{text} + ": " + name.error().detail};
  return std::move(*name);
}

/// A pattern, or a plain subject where the text has no star.
SubjectPattern pattern_of(const std::string& text) {
  if (text.find('*') == std::string::npos) return SubjectPattern::of(name_of(text));
  auto pattern = SubjectPattern::parse(text);
  if (!pattern) throw std::runtime_error{text + ": " + pattern.error().detail};
  return std::move(*pattern);
}

bool matches(const std::string& pattern, std::string_view subject) {
  return pattern_of(pattern).matches(name_of(subject));
}

std::string refusal_of(std::string_view text) {
  const auto pattern = SubjectPattern::parse(text);
  if (pattern) return "accepted as " + pattern->text();
  EXPECT_EQ(pattern.error().code, ErrorCode::invalid_request);
  return pattern.error().detail;
}

std::string common_of(const std::string& a, const std::string& b) {
  return find_common_subject(pattern_of(a), pattern_of(b)).value_or("none");
}

// Product section 5 rule 3: one left-most DNS label of a CN value.
TEST(SubjectPattern, MatchesOneLabelOfACommonName) {
  const std::string pattern = "CN=*.partner-corp.com,O=Partner Corp";
  for (const char* label : {"a", "etl-01", "ETL", "0", "xn--bcher-kva", "a--b"}) {
    EXPECT_TRUE(matches(pattern, "CN=" + std::string{label} + ".partner-corp.com,O=Partner Corp")) << label;
  }
  EXPECT_TRUE(matches(pattern, "CN=" + std::string(63, 'a') + ".partner-corp.com,O=Partner Corp"));
  EXPECT_TRUE(matches(pattern, "CN=a.PARTNER-corp.COM,O=partner  corp"));
  // Prepared as for any comparison: fullwidth letters are letters.
  EXPECT_TRUE(matches(pattern, "CN=\uff21.partner-corp.com,O=Partner Corp"));
  EXPECT_TRUE(matches("CN=*.b\u00fccher.example", "CN=a.BU\u0308CHER.example"));
}

TEST(SubjectPattern, MatchesNothingBesideOneLabel) {
  const std::string pattern = "CN=*.partner-corp.com,O=Partner Corp";
  for (const char* common_name :
       {"partner-corp.com", ".partner-corp.com", "a.b.partner-corp.com", "*.partner-corp.com", "-a.partner-corp.com",
        "a-.partner-corp.com", "a_b.partner-corp.com", "a b.partner-corp.com", "\u00e4.partner-corp.com",
        "a.partner-corp.com.", "a.partner-corp.co", "a.partner-corp.comx", "a.xpartner-corp.com", "axpartner-corp.com",
        "a.partner-corpXcom", "a@partner-corp.com", "a\\,CN=b.partner-corp.com"}) {
    EXPECT_FALSE(matches(pattern, "CN=" + std::string{common_name} + ",O=Partner Corp")) << common_name;
  }
  EXPECT_FALSE(matches(pattern, "CN=" + std::string(64, 'a') + ".partner-corp.com,O=Partner Corp"));
  EXPECT_FALSE(matches(pattern, "OU=a.partner-corp.com,O=Partner Corp"));
}

TEST(SubjectPattern, MatchesOneWholeValue) {
  EXPECT_TRUE(matches("CN=*,O=Partner Corp", "CN=any thing.at all,O=Partner Corp"));
  EXPECT_TRUE(matches("CN=*", "CN=*"));
  EXPECT_TRUE(matches("CN=a,OU=*,O=b", "CN=A,OU=x,O=B"));
  EXPECT_TRUE(matches("2.5.4.97=*", "2.5.4.97=x")) << "by OID";
  EXPECT_TRUE(matches("serialNumber=*", "2.5.4.5=1"));
  EXPECT_TRUE(matches("DC=*,DC=example", "DC=a,DC=example"));
  EXPECT_TRUE(matches("cn = * , o = x", "CN=a,O=x"));
}

// The number, the order and the types of the RDNs are the subject's.
TEST(SubjectPattern, MatchesTheWholeStructureOnly) {
  EXPECT_FALSE(matches("CN=*,O=x", "CN=a"));
  EXPECT_FALSE(matches("CN=*", "CN=a,O=x"));
  EXPECT_FALSE(matches("CN=*,O=x", "O=x,CN=a"));
  EXPECT_FALSE(matches("CN=*,O=x", "OU=a,O=x"));
  EXPECT_FALSE(matches("CN=*,O=x", "CN=a+O=x"));
  EXPECT_FALSE(matches("CN=*+O=x", "CN=a,O=x"));
  EXPECT_FALSE(matches("CN=*,O=x", "CN=a,CN=b,O=x"));
  EXPECT_FALSE(matches("CN=*,O=x", "CN=a+CN=b,O=x"));
  EXPECT_FALSE(matches("CN=*,O=x", "CN=a,O=y"));
}

TEST(SubjectPattern, MatchesAMultiValuedRdnAsASet) {
  EXPECT_TRUE(matches("CN=*.a.example+OU=x,O=y", "OU=X+CN=b.a.example,O=y"));
  EXPECT_TRUE(matches("OU=x+OU=y+CN=*", "CN=c+OU=y+OU=x"));
  EXPECT_FALSE(matches("OU=x+OU=y+CN=*", "CN=c+OU=y+OU=y"));
  EXPECT_FALSE(matches("OU=x+CN=*", "CN=c+OU=x+OU=x"));
  EXPECT_FALSE(matches("OU=*+CN=*", "CN=a+CN=b"));
  EXPECT_FALSE(matches("OU=*+CN=*", "OU=a"));
}

TEST(SubjectPattern, TakesAnEscapedStarForACharacter) {
  for (const char* text : {"CN=\\*.a.example,O=*", "CN=\\2A.a.example,O=*", "CN=#0C0B2A2E612E6578616D706C65,O=*"}) {
    EXPECT_TRUE(matches(text, "CN=*.a.example,O=x")) << text;
    EXPECT_FALSE(matches(text, "CN=b.a.example,O=x")) << text;
    EXPECT_EQ(pattern_of(text).text(), "CN=\\*.a.example,O=*");
  }
  EXPECT_TRUE(matches("CN=*.\\*.example", "CN=a.*.example"));
  EXPECT_FALSE(matches("CN=*.\\*.example", "CN=a.b.example"));
  EXPECT_EQ(SubjectPattern::of(name_of("CN=*.a.example")).text(), "CN=\\*.a.example");
}

// A value that equals nothing is not met by a star either, and what is no string has no text to stand for.
TEST(SubjectPattern, DoesNotMatchWhatCannotBeCompared) {
  EXPECT_FALSE(matches("2.5.4.45=*", "2.5.4.45=#030200FF"));
  test::Shape shape;
  shape.subject = {{"O", "x"}, {"CN", "a\u0378"}};
  const auto subject = Name::from_x509(*X509_get_subject_name(&test::make_identity(shape).certificate.handle()));
  ASSERT_TRUE(subject);
  EXPECT_FALSE(pattern_of("CN=*,O=x").matches(*subject));
  shape.subject = {};
  const auto empty = Name::from_x509(*X509_get_subject_name(&test::make_identity(shape).certificate.handle()));
  ASSERT_TRUE(empty);
  EXPECT_FALSE(pattern_of("CN=*").matches(*empty));
}

TEST(SubjectPattern, RefusesAStarInAnyOtherPlace) {
  for (const char* text :
       {"CN=etl-*", "CN=*-etl", "CN=e*l", "CN=**", "CN=*.*", "CN=*.*.example", "CN=a.*.example", "CN=*a.example",
        "O=*.example", "O=* Corp", "OU=*.a.example", "DC=*.example", "CN=* *", "CN=a,O=b*", "CN=*\\,a"}) {
    EXPECT_THAT(refusal_of(text), HasSubstr("a '*' stands for a whole value (O=*) or, in a CN,")) << text;
  }
  EXPECT_THAT(refusal_of("CN=a,O=b*"), HasSubstr("position 9: "));
  EXPECT_EQ(refusal_of("*=x"), "position 1: a '*' cannot stand for an attribute type");
  EXPECT_THAT(refusal_of("CN=a,*"), HasSubstr("position 6: a '*' cannot stand for an attribute type"));
  EXPECT_THAT(refusal_of("C*=x"), HasSubstr("expected '=' after 'C'"));
}

TEST(SubjectPattern, RefusesARestThatIsNoHostName) {
  for (const char* text : {"CN=*.", "CN=*..example", "CN=*.example.", "CN=*.a b", "CN=*.\\ a", "CN=*.a\u00a0b"}) {
    EXPECT_THAT(refusal_of(text), HasSubstr("after '*.' stands the rest of a host name")) << text;
  }
}

TEST(SubjectPattern, RefusesAnAmbiguousSet) {
  for (const char* text : {"CN=*+CN=a", "CN=a+CN=*", "CN=*+CN=*", "O=x,CN=*.a.example+OU=b+CN=c"}) {
    EXPECT_THAT(refusal_of(text), HasSubstr("another value of the same type stands in this RDN")) << text;
  }
}

TEST(SubjectPattern, RefusesWhatNeedsNoPattern) {
  for (const char* text : {"CN=a", "CN=\\*.a.example", "O=#0C012A"}) {
    EXPECT_EQ(refusal_of(text), "holds no '*'; register it as tls_client_auth_subject_dn") << text;
  }
}

// As the subject itself: Name::parse.
TEST(SubjectPattern, RefusesWhatIsNoName) {
  for (const char* text : {"", " ", "*", "CN", "CN=*,", "CN=*,,O=x", "CN=*;O=x", "nonsense=*",
                           "CN=*,O=", "CN=*,O=\"x\"", "CN=*,O=#zz", "CN=\\", "CN=*,O=a\nb"}) {
    EXPECT_FALSE(SubjectPattern::parse(text)) << text;
  }
  EXPECT_THAT(refusal_of("/C=GB/O=x/CN=*.x.example"), HasSubstr("write CN=*.x.example,O=x,C=GB"));
  EXPECT_THAT(refusal_of("C = GB, O = x, CN = *.x.example"), HasSubstr("write CN=*.x.example,O=x,C=GB"));
}

TEST(SubjectPattern, PrintsWhatReadsBack) {
  for (const char* text : {"CN=*.a.example,O=Partner Corp", "CN=*", "CN=\\*,O=*", "CN=a\\,b,O=*", "2.5.4.97=*,C=GB",
                           "CN=*.x\\+y.example", "O=*,2.5.4.45=#030200ff"}) {
    const SubjectPattern pattern = pattern_of(text);
    EXPECT_EQ(pattern.text(), text);
    EXPECT_EQ(pattern_of(pattern.text()).canonical(), pattern.canonical());
  }
}

TEST(SubjectPattern, HasOneCanonicalTextForOneMeaning) {
  EXPECT_EQ(pattern_of("CN=*.A.example+OU=b").canonical(), pattern_of("ou=B + cn=*.a.EXAMPLE").canonical());
  EXPECT_NE(pattern_of("CN=*").canonical(), pattern_of("CN=*,CN=*").canonical());
  EXPECT_NE(pattern_of("CN=*.a").canonical(), pattern_of("CN=*").canonical());
  EXPECT_NE(pattern_of("CN=\\*,O=*").canonical(), pattern_of("CN=*,O=*").canonical());
  EXPECT_NE(pattern_of("CN=*.a,O=*").canonical(), pattern_of("CN=\\*.a,O=*").canonical());
}

TEST(FindCommonSubject, FindsOneWhereThereIsOne) {
  EXPECT_EQ(common_of("CN=*.a.example,O=x", "CN=etl.A.example,O=*"), "CN=etl.A.example,O=x");
  EXPECT_EQ(common_of("CN=*.a.example,O=*", "CN=*,O=x"), "CN=a.a.example,O=x");
  EXPECT_EQ(common_of("CN=*", "CN=*"), "CN=a");
  EXPECT_EQ(common_of("CN=b,C=*", "CN=*,C=*"), "CN=b,C=XX");
  EXPECT_EQ(common_of("CN=*.a.example", "CN=*.A.EXAMPLE"), "CN=a.a.example");
  EXPECT_EQ(common_of("CN=*+OU=a", "OU=*+CN=b"), common_of("OU=a+CN=*", "CN=b+OU=*"));
  EXPECT_EQ(common_of("O=*,2.5.4.45=#030200FF", "O=x,2.5.4.45=#030200FF"), "O=x,2.5.4.45=#030200ff");
}

TEST(FindCommonSubject, FindsNoneWhereThereIsNone) {
  EXPECT_EQ(common_of("CN=*.a.example", "CN=a.b.a.example"), "none");
  EXPECT_EQ(common_of("CN=*.a.example", "CN=*.b.a.example"), "none");
  EXPECT_EQ(common_of("CN=*.a.example", "CN=\\*.a.example,O=*"), "none");
  EXPECT_EQ(common_of("CN=*,O=x", "CN=*,O=y"), "none");
  EXPECT_EQ(common_of("CN=*,O=x", "O=x,CN=*"), "none");
  EXPECT_EQ(common_of("CN=*", "OU=*"), "none");
  EXPECT_EQ(common_of("CN=*+O=x", "CN=*,O=x"), "none");
  EXPECT_EQ(common_of("2.5.4.45=*", "2.5.4.45=#030200FF"), "none");
}

/// Patterns and plain subjects of a small alphabet, in which much overlaps.
std::string generate(std::mt19937& random) {
  const auto pick = [&random](std::initializer_list<const char*> of) {
    return std::string{*(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()))};
  };
  std::string out;
  const std::size_t count = 1 + random() % 3;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ",";
    const bool has_second = random() % 4 == 0;
    if (has_second || random() % 2 == 0) {
      out += "CN=" + pick({"*", "*", "*.x", "*.X", "*.b.x", "a", "A", "a.x", "b.X", "a.b.x", "-.x", "\uff41.x"});
      if (has_second) out += "+O=" + pick({"*", "a", "b"});
    } else {
      out += pick({"O", "OU"}) + "=" + pick({"*", "*", "a", "b", "#0C0161", "#030200FF"});
    }
  }
  return out;
}

std::vector<SubjectPattern> generate_many(std::uint32_t seed, std::size_t count) {
  std::mt19937 random{seed};
  std::vector<SubjectPattern> out;
  while (out.size() < count) out.push_back(pattern_of(generate(random)));
  return out;
}

// The witness of a load error is one: it can be parsed, and both match it.
TEST(FindCommonSubject, FindsWhatBothMatch) {
  const auto patterns = generate_many(1, 500);
  std::size_t count = 0;
  for (const auto& a : patterns) {
    for (const auto& b : patterns) {
      const auto subject = find_common_subject(a, b);
      EXPECT_EQ(subject.has_value(), find_common_subject(b, a).has_value()) << a.text() << " and " << b.text();
      if (!subject) continue;
      ++count;
      const Name name = name_of(*subject);
      EXPECT_TRUE(a.matches(name) && b.matches(name)) << a.text() << " and " << b.text() << ": " << *subject;
    }
  }
  EXPECT_GT(count, 2000U);
}

// And where none is found, no subject of the alphabet is matched by both.
TEST(FindCommonSubject, MissesNone) {
  const auto patterns = generate_many(2, 300);
  std::vector<Name> subjects;
  for (const auto& plain : generate_many(3, 3000)) {
    const auto own = find_common_subject(plain, plain);
    if (own) subjects.push_back(name_of(*own));
  }
  std::size_t count = 0;
  for (const auto& subject : subjects) {
    std::vector<const SubjectPattern*> matching;
    for (const auto& pattern : patterns) {
      if (pattern.matches(subject)) matching.push_back(&pattern);
    }
    for (const auto* a : matching) {
      for (const auto* b : matching) {
        EXPECT_TRUE(find_common_subject(*a, *b)) << a->text() << " and " << b->text() << ": " << subject.to_rfc4514();
        ++count;
      }
    }
  }
  EXPECT_GT(count, 10000U);
}

TEST(SubjectPatternIndex, AgreesWithComparingEachWithEach) {
  const auto patterns = generate_many(4, 400);
  SubjectPatternIndex index;
  std::size_t count = 0;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto found = index.find_overlaps(patterns[i]);
    bool is_any = false;
    for (std::size_t j = 0; j < i; ++j) is_any = is_any || find_common_subject(patterns[i], patterns[j]).has_value();
    EXPECT_EQ(!found.empty(), is_any) << patterns[i].text();
    for (const std::size_t other : found) {
      EXPECT_TRUE(find_common_subject(patterns[i], patterns[other])) << patterns[i].text() << patterns[other].text();
    }
    if (is_any) ++count;
    index.add(patterns[i], i);
  }
  EXPECT_GT(count, 100U);
  EXPECT_LT(count, 390U);
}

TEST(SubjectPatternIndex, NamesOneOfEachPlacementOfStars) {
  SubjectPatternIndex index;
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=*")), IsEmpty());
  index.add(pattern_of("CN=*.a.example,O=x"), 7);
  index.add(pattern_of("CN=*.b.example,O=x"), 8);
  index.add(pattern_of("CN=c.b.example,O=*"), 9);
  index.add(pattern_of("CN=*,OU=x"), 10);
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=c.b.example,O=x")), UnorderedElementsAre(8U, 9U));
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=c.a.example,O=x")), ElementsAre(7U));
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=*,O=x")), UnorderedElementsAre(7U, 9U));
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=c,O=x")), IsEmpty());
  EXPECT_THAT(index.find_overlaps(pattern_of("CN=c,OU=x")), ElementsAre(10U));
}

}  // namespace
}  // namespace certbound::x509
