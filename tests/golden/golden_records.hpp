// What is in the files of fixed bytes. Those of a golden file never change: a new version of the format gets a file of its own.
#pragma once

#include <larder/cache.hpp>

namespace larder::tests {

/// The two records that the document shows.
void fill_for_document(Cache& cache);
/// One record of each kind.
void fill_golden(Cache& cache);
/// The cache holds what fill_golden() put there.
void require_golden_records(const Cache& cache);

}  // namespace larder::tests
