#include "services/import_command.hpp"

#include "platform/app/application.hpp"
#include "services/catalog/bulk_load.hpp"
#include "services/retail/product_source.hpp"
#include "services/retail/row_report.hpp"

#include <unistd.h>

#include <filesystem>
#include <iostream>

namespace troupe {

namespace {

int fail(std::string_view reason) {
  std::cerr << "troupe import: " << reason << '\n';
  return app::exit_failed;
}

// Which version of catalog::v1::Product the retail reader hands out is its own affair: it fills the same message.
void show_progress(std::uint64_t products) {
  if (products % 500 == 0 && ::isatty(STDERR_FILENO) == 1) std::cerr << '\r' << products << " products" << std::flush;
}

} // namespace

int import_products(const import_options& options) {
  std::error_code ec;
  std::filesystem::create_directories(options.data_dir, ec);
  if (ec) return fail("cannot create the data directory '" + options.data_dir + "': " + ec.message());
  auto load = catalog::bulk_load::open(options.data_dir);
  if (!load) return fail(load.error().detail);

  retail::row_report report;
  std::uint64_t taken = 0;
  auto counts = retail::read_products(options.file, report, [&](retail::product&& one) -> base::result<void> {
    catalog::v1::Product product;
    product.set_id(std::move(one.id));
    product.set_name(std::move(one.name));
    product.set_description(std::move(one.description));
    product.mutable_price()->set_amount_minor(one.price_minor);
    product.mutable_price()->set_currency(std::move(one.currency));
    product.set_stock(one.stock);
    show_progress(++taken);
    return load->add(product);
  });
  if (taken >= 500 && ::isatty(STDERR_FILENO) == 1) std::cerr << '\n';
  report.write(std::cerr);
  if (!options.report_file.empty()) {
    if (auto saved = report.save(options.report_file); !saved) return fail(saved.error().detail);
  }
  if (!counts) return fail(counts.error().detail);
  auto summary = load->finish();
  if (!summary) return fail(summary.error().detail);
  for (const auto& skipped : counts->skipped_codes)
    std::cerr << "skipped stock code " << retail::quoted(skipped.code) << ": " << skipped.reason << '\n';
  std::cout << "rows read       " << counts->rows << "\nproducts        " << counts->products << "\n  created       "
            << summary->created << "\n  updated       " << summary->updated << "\n  unchanged     " << summary->unchanged
            << "\nskipped codes   " << counts->skipped << "\nrefused rows    " << report.count() << '\n';
  return report.count() == 0 ? app::exit_done : app::exit_failed;
}

} // namespace troupe
