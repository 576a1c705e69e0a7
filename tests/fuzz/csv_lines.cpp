// Retail files: CSV records and invoice lines, product lines in JSON, and the .xz around them.

#include "services/retail/csv.hpp"
#include "services/retail/invoice_line.hpp"
#include "services/retail/product_line.hpp"
#include "tests/fuzz/require.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace {

using troupe::fuzz::require;

// Files are read by path, so the input becomes one, in memory.
class memory_file {
 public:
  memory_file() : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) { require(fd_ >= 0, "a file in memory"); }
  void hold(const std::uint8_t* data, std::size_t size) const {
    require(::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size), "the file takes the input");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_; // as long as the program
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  static const memory_file file;
  file.hold(data, size);
  if (auto source = retail::line_source::open(file.path())) {
    retail::csv_reader reader(*source);
    retail::csv_record record;
    std::uint64_t last = 0;
    for (;;) {
      const auto more = reader.read(record);
      if (!more || !*more) break;
      require(record.line > last, "records come in the order of their lines");
      last = record.line;
      static_cast<void>(retail::check_header(record));
      retail::invoice_line line;
      if (!retail::parse_invoice_line(record, line))
        require(!line.invoice_no.empty() && !line.stock_code.empty(), "an invoice line has its parts");
    }
  }
  if (auto source = retail::line_source::open(file.path())) {
    for (;;) {
      const auto line = source->next();
      if (!line || !*line) break;
      retail::product product;
      if (!retail::parse_product_line((*line)->text, product)) require(!product.id.empty(), "a product has an id");
    }
  }
  return 0;
}
