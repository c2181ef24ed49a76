// Forward: statistics of all tiles, the passes that need more than those, and the loss.
#ifndef CIRCLET_CUDA_PAIR_FORWARD_CUH
#define CIRCLET_CUDA_PAIR_FORWARD_CUH

#include "cuda/pair_tiles.cuh"
extern "C" {
#include "base/memory.h"
#include "ops/copy.h"
}

// The pass before all others that finds the last of each anchor's hardest negatives.
template <class Real> ct_status ct_pass<Real>::choose_negatives(ct_error *error) {
  const int64_t rows = c.queries.count(), most = c.refinement.pair.hardest;
  ct_device_block<double> s;
  ct_device_block<int64_t> order, count;
  double *last_s;
  int64_t *last_order, room;
  if (most == 0) return CT_OK;
  if (!ct_size_mul(rows, most, &room))
    return ct_fail(error, CT_ENOMEM, "hardest negatives exceed the address space");
  CT_TRY(s.allocate(c.device, room, "hardest negatives", error));
  CT_TRY(order.allocate(c.device, room, "hardest negatives", error));
  CT_TRY(count.allocate(c.device, rows, "hardest negatives", error));
  CT_TRY(ct_cuda()->zero(c.device, count.get(), rows * (int64_t)sizeof(int64_t), error));
  const ct_gpu_heaps heaps = {most, s.get(), order.get(), count.get()};
  CT_TRY(each_tile(
      [&](const meeting &m) {
        ct_tile<Real> t;
        describe_tile(m, &t);
        CT_TRY(fill_tile(m, &t, error));
        return ct_offer_negatives(t, heaps, stream(), error);
      },
      error));
  CT_TRY(refinement.start_last(&c, &last_s, &last_order, error));
  CT_TRY(ct_close_heaps(heaps, rows, last_s, last_order, stream(), error));
  refinement.there.last_s = last_s, refinement.there.last_order = last_order;
  return CT_OK;
}

// What a refinement has left of each anchor's pairs: whether it is valid, and the facts.
template <class Real> ct_status ct_pass<Real>::count_shares(ct_error *error) {
  const int64_t rows = c.queries.count();
  std::vector<int64_t> pairs((size_t)(CT_KINDS * rows));
  std::vector<double> sum_s((size_t)(CT_KINDS * rows));
  ct_loss_facts *f = &c.facts;
  double s[CT_KINDS] = {0, 0};
  CT_TRY(ct_cuda()->download(c.device, pairs.data(), refinement.there.pairs[0],
                             CT_KINDS * rows * (int64_t)sizeof(int64_t), error));
  CT_TRY(ct_cuda()->download(c.device, sum_s.data(), refinement.there.sum_s[0],
                             CT_KINDS * rows * (int64_t)sizeof(double), error));
  *f = ct_loss_facts{};
  f->n_anchors = rows;
  c.with_positive = 0;
  for (int64_t i = 0; i < rows; i++) {
    const int64_t own[CT_KINDS] = {pairs[(size_t)i], pairs[(size_t)(rows + i)]};
    c.valid[(size_t)i] = c.options.rule->valid(own);
    f->n_valid += c.valid[(size_t)i];
    f->n_without_positive += own[CT_POSITIVE] == 0;
    f->n_without_negative += own[CT_NEGATIVE] == 0;
    c.with_positive += own[CT_POSITIVE] > 0;
    f->n_positive += own[CT_POSITIVE];
    f->n_negative += own[CT_NEGATIVE];
    for (int kind = 0; kind < CT_KINDS; kind++) s[kind] += sum_s[(size_t)(kind * rows + i)];
  }
  f->mean_sp = s[CT_POSITIVE] / (double)f->n_positive;
  f->mean_sn = s[CT_NEGATIVE] / (double)f->n_negative;
  anchors.with_positive = c.with_positive;
  return ct_cuda()->upload(c.device, c.valid_there.get(), c.valid.data(), rows, error);
}

template <class Real> ct_status ct_pass<Real>::add_statistics(ct_error *error) {
  return each_tile(
      [&](const meeting &m) {
        ct_tile<Real> t;
        CT_TRY(run_tile(m, &t, false, error));
        if (!refinement.there.on) launches->merge(t, anchors.sums, stream());
        if (launches->triplets)
          launches->triplets(t, anchors.sums.term[CT_NEGATIVE], anchors.sums.count[CT_NEGATIVE],
                             stream());
        return ct_cuda_status(cudaGetLastError(), c.function, error);
      },
      error);
}

template <class Real> bool ct_pass<Real>::has_positives(const meeting &m) {
  const ct_pair_side *s = &c.queries.order.side;
  return s->first[m.row] < m.column + m.columns && s->last[m.row + m.rows - 1] > m.column;
}

template <class Real> ct_status ct_pass<Real>::couple(ct_error *error) {
  const int64_t rows = c.queries.count();
  if (!launches->couple || rows == 0) return CT_OK;
  CT_TRY(own.allocate(c.device, 2 * rows, c.function, error));
  double *by_own = own.get() + rows;
  CT_TRY(set(by_own, rows, 0.0, error));
  ct_own_kernel<Real>
      <<<(unsigned)ct_divide_up(rows, CT_SET_THREADS), CT_SET_THREADS, 0, stream()>>>(anchors,
                                                                                      own.get());
  anchors.by_own = by_own;
  return each_positive_tile(
      [&](const ct_tile<Real> &t) {
        launches->couple(t, own.get(), anchors.sums.term[CT_POSITIVE],
                         anchors.sums.count[CT_POSITIVE], by_own, stream());
      },
      error);
}

// Room for every anchor's list of positives, and the lists.
template <class Real> ct_status ct_pass<Real>::list_positives(ct_error *error) {
  const ct_pair_side *s = &c.queries.order.side;
  const int64_t rows = c.queries.count();
  const bool shared = c.options.pair_weights || c.options.positives == CT_SOFT_LABELS;
  if (!launches->list) return CT_OK;
  std::vector<int64_t> start((size_t)rows + 1);
  for (int64_t i = 0; i < rows; i++) start[i + 1] = start[i] + s->last[i] - s->first[i];
  if (c.queries.order.set) {
    int64_t *column = nullptr;
    ct_status status =
        ct_refinement_list(&c.refinement, start.data(), &column, rows, c.column_units(), error);
    if (status == CT_OK)
      status = ct_put(&list_column, c.device, column, start[rows], c.function, error);
    ct_free(column);
    CT_TRY(status);
  }
  const int64_t all = start[rows];
  CT_TRY(ct_put(&list_start, c.device, start.data(), rows + 1, c.function, error));
  CT_TRY(lists.allocate(c.device, (shared ? 3 : 2) * all, c.function, error));
  CT_TRY(set(lists.get(), all, -(double)INFINITY, error));
  CT_TRY(set(lists.get() + all, (shared ? 2 : 1) * all, 0.0, error));
  triplets = {list_start.get(), list_column.get(), lists.get(), lists.get() + all,
              shared ? lists.get() + 2 * all : nullptr};
  return each_positive_tile([&](const ct_tile<Real> &t) { launches->list(t, stream()); }, error);
}

template <class Real> ct_status ct_pass<Real>::read_results(ct_pass_results *out, ct_error *error) {
  CT_TRY(ct_cuda()->download(c.device, out, c.results.get(), sizeof *out, error));
  for (int k = 0; k < 2; k++)
    if (out->bad_row[k] != ~0ull) return ct_bad_row(&c, k, out->bad_row[k], error);
  if (refinement.there.on) return CT_OK; // count_shares has them
  double sum_s[CT_KINDS] = {out->sum_s[0], out->sum_s[1]};
  c.facts.mean_sp = sum_s[CT_POSITIVE] / (double)c.facts.n_positive;
  c.facts.mean_sn = sum_s[CT_NEGATIVE] / (double)c.facts.n_negative;
  return CT_OK;
}

template <class Real> ct_status ct_pass<Real>::batch_term(ct_error *error) {
  ct_pass_results seen;
  ct_pass_results *r = c.results.get();
  for (int kind = 0; kind < CT_KINDS && c.queries.count() > 0; kind++)
    ct_common_kernel<Real><<<1, CT_COMMON_THREADS, 0, stream()>>>(
        (int)c.queries.count(), anchors.sums.reference[kind], anchors.sums.sum[kind],
        &r->common_reference[kind], &r->common_sum[kind]);
  CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
  CT_TRY(read_results(&seen, error));
  ct_anchor a = {};
  a.pairs[CT_NEGATIVE] = c.facts.n_negative, a.pairs[CT_POSITIVE] = c.facts.n_positive;
  for (int kind = 0; kind < CT_KINDS; kind++) a.mass[kind] = (double)a.pairs[kind];
  batch = ct_anchor_loss{};
  if (c.options.rule->valid(a.pairs)) {
    // one set meets each unordered pair from both ends: half of each sum
    for (int kind = 0; kind < CT_KINDS; kind++)
      a.sum[kind] =
          ct_log_sum_exp(c.options.rule, c.options.parameter, kind, seen.common_reference[kind],
                         seen.common_sum[kind] / (c.self ? 2 : 1));
    batch = c.options.rule->combine(&a, c.options.parameter);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      anchors.common_reference[kind] = seen.common_reference[kind];
      anchors.common_weight[kind] =
          seen.common_sum[kind] > 0 ? batch.by_sum[kind] / seen.common_sum[kind] : 0;
    }
  } else {
    for (int kind = 0; kind < CT_KINDS; kind++)
      anchors.common_reference[kind] = anchors.common_weight[kind] = 0;
  }
  c.facts.loss = batch.loss;
  c.facts.n_nonzero = batch.loss != 0;
  return CT_OK;
}

template <class Real> ct_status ct_pass<Real>::anchor_terms(ct_tensor *losses, ct_error *error) {
  const int blocks = term_blocks();
  const ct_reduction reduction = c.options.reduction;
  ct_device_block<double> each;
  CT_TRY(parts.allocate(c.device, blocks * CT_ANCHOR_PARTS, c.function, error));
  if (reduction == CT_NONE) CT_TRY(each.allocate(c.device, c.queries.count(), c.function, error));
  anchors.parts = parts.get();
  anchors.loss = each.get();
  launches->terms(anchors, blocks, stream());
  anchors.loss = nullptr;
  CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
  if (reduction == CT_NONE) CT_TRY(scatter(losses, each.get(), error));
  std::vector<double> v((size_t)(blocks * CT_ANCHOR_PARTS));
  ct_pass_results seen;
  CT_TRY(ct_cuda()->download(c.device, v.data(), parts.get(), (int64_t)(v.size() * sizeof(double)),
                             error));
  CT_TRY(read_results(&seen, error));
  double total[CT_ANCHOR_PARTS] = {0};
  for (size_t i = 0; i < v.size(); i++) total[i % CT_ANCHOR_PARTS] += v[i];
  c.facts.loss = 0;
  c.facts.n_nonzero = llround(total[CT_PART_COUNT]);
  for (int kind = 0; kind < CT_KINDS; kind++) {
    const int part = c.options.rule->unit == CT_OF_PAIRS ? kind : 0;
    share[kind] = ct_reduction_weight(reduction, total[CT_PART_ANCHORS],
                                      total[CT_PART_TERMS + part], total[CT_PART_NONZERO + part]);
    c.facts.loss += total[CT_PART_LOSS + kind] * share[kind];
  }
  return CT_OK;
}

template <class Real>
ct_status ct_pass<Real>::scatter(ct_tensor *losses, const double *each, ct_error *error) {
  const int rows = (int)c.queries.count();
  const int64_t given = c.queries.given;
  if (!losses->storage) CT_TRY(ct_tensor_new_on(losses, losses->dtype, c.device, 1, &given, error));
  CT_TRY(ct_tensor_resize(losses, 1, &given, error));
  CT_TRY(ct_fill(losses, ct_scalar_of(0), error));
  if (rows == 0) return CT_OK;
  return ct_with_type(losses->dtype, [&]<class T>() {
    ct_scatter_kernel<T>
        <<<(unsigned)ct_divide_up(rows, CT_SET_THREADS), CT_SET_THREADS, 0, stream()>>>(
            rows, each, c.queries.origin.get(), (T *)ct_tensor_data(losses), losses->stride[0]);
    return ct_cuda_status(cudaGetLastError(), c.function, error);
  });
}

template <class Real> ct_status ct_pass<Real>::forward(ct_tensor *losses, ct_error *error) {
  launches = ct_pair_launches_of<Real>(c.options.rule);
  const ct_weight_form as[] = {CT_WEIGHT_SPLIT_HALF, CT_WEIGHT_HALF, CT_WEIGHT_BFLOAT16};
  form = wide ? CT_WEIGHT_REAL : as[c.options.precision];
  ct_choose_operands(&c, range, wide);
  fused = has_fused();
  choose_tiles(false);
  CT_TRY(start_anchors(error));
  if (c.queries.count() > 0) {
    CT_TRY(allocate_rows(error));
    CT_TRY(allocate_tiles(error));
    CT_TRY(load_queries(error));
    CT_TRY(map_operands(error));
    CT_TRY(choose_negatives(error));
    CT_TRY(list_positives(error));
  }
  if (c.options.diagnostics) {
    CT_TRY(ct_diagnosis_start(&noted, c.queries.count(), &c.options, error));
    CT_TRY(diagnosis.start(&c, &noted, error));
  }
  if (c.queries.count() > 0) {
    CT_TRY(add_statistics(error));
    if (refinement.there.on) CT_TRY(count_shares(error));
    CT_TRY(couple(error));
  }
  if (c.options.diagnostics) {
    CT_TRY(diagnosis.finish(&c, &noted, error));
    for (int64_t i = 0; i < noted.rows; i++) noted.valid[i] = c.valid[(size_t)i];
  }
  CT_TRY(anchors.batch ? batch_term(error) : anchor_terms(losses, error));
  return ct_check_loss(c.function, &c.options, c.facts.loss, error);
}

#endif
