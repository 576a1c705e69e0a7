#include "platform/base/clock.hpp"
#include "platform/base/log.hpp"
#include "platform/store/sqlite.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

namespace troupe::store {

namespace {

using base::errc;

constexpr int busy_pause_ms = 20;

// Negative cache_size is in KiB. A checkpoint every 4000 pages (16 MB) keeps its two fsyncs rare beside those
// of the commits; the log is cut back to 64 MB after a burst. A mapped file would turn an input/output error
// into a SIGBUS.
constexpr const char* settings = "PRAGMA synchronous=FULL;"
                                 "PRAGMA foreign_keys=ON;"
                                 "PRAGMA cache_size=-16384;"
                                 "PRAGMA mmap_size=0;"
                                 "PRAGMA temp_store=MEMORY;"
                                 "PRAGMA wal_autocheckpoint=4000;"
                                 "PRAGMA journal_size_limit=67108864;";

base::error refuse(const std::filesystem::path& file, const std::string& why) {
  base::log::error("store_open_failed", {{"file", file.native()}, {"reason", why}});
  return base::fail(errc::unavailable, "cannot open the store " + file.filename().string() + ": " + why);
}

std::string reason_of(int error_number) {
  switch (error_number) {
  case ENOENT: return "its directory does not exist; create it, or choose another data directory";
  case ENOTDIR: return "a part of its directory's path is a file; choose another data directory";
  case EACCES:
  case EPERM:
    return "its directory is not writable for this user; change its owner or mode, or choose another";
  case EROFS: return "its file system is mounted read-only; choose another data directory";
  case ENOSPC:
  case EDQUOT: return "there is no space left; free some, or choose another data directory";
  default: return std::generic_category().message(error_number);
  }
}

std::string reason_of_sqlite(int code, database::access mode) {
  switch (code & 0xff) {
  case SQLITE_NOTADB: return "it is not a SQLite database; move it away, or choose another data directory";
  case SQLITE_CORRUPT:
    return "it is damaged; restore it from a backup, or save what is left with sqlite3's .recover";
  case SQLITE_CANTOPEN:
    if (mode == database::access::read_only)
      return "it does not exist or cannot be read; start its writer first";
    [[fallthrough]];
  case SQLITE_READONLY:
  case SQLITE_PERM: return "this user cannot write it or its directory; change the owner or mode of both";
  case SQLITE_BUSY: return "another process keeps it locked; stop that process";
  case SQLITE_FULL: return reason_of(ENOSPC);
  case SQLITE_IOERR: return "reading or writing it failed; check the disk and the system's log";
  default: return ::sqlite3_errstr(code);
  }
}

/// Makes an empty file with mode 0600 unless there is one; 0 or an errno. SQLite would make it readable for
/// all, and its -wal and -shm files take the mode over. Never opens it: POSIX drops all locks of a process on
/// a file when any descriptor of it is closed (https://www.sqlite.org/howtocorrupt.html section 2.2).
int create_private(const std::filesystem::path& file) {
  return ::mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 || errno == EEXIST ? 0 : errno;
}

} // namespace

base::result<database> database::open(const std::filesystem::path& file, access mode) {
  // SQLite takes an empty name for a temporary database, and "file:..." for a URI.
  if (!file.has_filename()) return refuse(file, "the name is empty");
  std::error_code ignored;
  const auto path = std::filesystem::absolute(file, ignored);
  if (std::filesystem::is_directory(path, ignored)) return refuse(file, "it is a directory");
  if (mode == access::read_write) {
    if (const int code = create_private(path); code != 0) return refuse(file, reason_of(code));
  }

  // SQLite would count the bytes of every allocation under one lock of the process. The refusal of a process
  // that has used SQLite before changes nothing else.
  static const int uncounted = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)uncounted;

  const int flags = (mode == access::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* connection = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  database opened(connection); // a failed open leaves a connection to be closed
  if (code != SQLITE_OK) return refuse(file, reason_of_sqlite(code, mode));
  // The change to WAL does not wait for others that make the same file at the same moment, whatever the busy
  // time-out.
  const auto give_up = base::clock::now() + database::busy_timeout;
  int refusal = opened.configure(mode);
  while ((refusal & 0xff) == SQLITE_BUSY && base::clock::now() < give_up) {
    ::sqlite3_sleep(busy_pause_ms);
    refusal = opened.configure(mode);
  }
  if (refusal != SQLITE_OK) return refuse(file, reason_of_sqlite(refusal, mode));

  auto begin = opened.prepare("BEGIN IMMEDIATE");
  auto commit = opened.prepare("COMMIT");
  if (begin.has_error()) return begin.error();
  if (commit.has_error()) return commit.error();
  opened.begin_ = std::move(*begin);
  opened.commit_ = std::move(*commit);
  return opened;
}

int database::configure(access mode) {
  ::sqlite3_busy_timeout(connection_, static_cast<int>(busy_timeout.count()));
  if (const int code = ::sqlite3_exec(connection_, settings, nullptr, nullptr, nullptr); code != SQLITE_OK)
    return code;
  if (mode == access::read_write) {
    // The pragma yields the mode that holds afterwards, so a file system that cannot do it is not an error by
    // itself.
    std::string journal;
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] ? values[0] : "";
      return 0;
    };
    const int code = ::sqlite3_exec(connection_, "PRAGMA journal_mode=WAL", keep, &journal, nullptr);
    if (code != SQLITE_OK) return code;
    if (journal != "wal") return SQLITE_IOERR;
  }
  // Reads the header and the whole schema: a file that is damaged there is refused now, not at the first
  // request.
  return ::sqlite3_exec(connection_, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
}

} // namespace troupe::store
