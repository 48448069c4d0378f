#include "store/sqlite/transaction.hpp"

#include "base/log.hpp"

namespace certbound::store::sqlite {

Result<Transaction> Transaction::begin(Database& database) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
  return Transaction{database};
}

Transaction::~Transaction() {
  // SQLite has rolled back already after a full disk and some other errors.
  if (database_ == nullptr || !database_->is_in_transaction()) return;
  if (const auto undone = database_->run("ROLLBACK"); !undone) {
    log::error("store_rollback_failed", {{"detail", undone.error().detail}});
  }
}

Result<void> Transaction::commit() {
  auto committed = database_->run("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace certbound::store::sqlite
