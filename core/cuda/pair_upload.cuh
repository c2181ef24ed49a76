// What a refinement and a diagnosis are on the GPU: their arrays, and the tables of pointers to
// them that kernels take.
#ifndef CIRCLET_CUDA_PAIR_UPLOAD_CUH
#define CIRCLET_CUDA_PAIR_UPLOAD_CUH

#include "cuda/pair_call.cuh"

// A refinement as loss/refine.c has gathered it on the host, in the compute type Real.
template <class Real> class ct_uploaded_refinement {
  ct_device_block<double> own_, offset_, partner_, by_label_, last_s_, sums_;
  ct_device_block<Real> scale_;
  ct_device_block<int64_t> row_start_, row_set_, column_start_, column_set_;
  ct_device_block<int64_t> row_label_, column_label_, order_, last_order_, pairs_;

public:
  ct_gpu_refinement<Real> there = {};
  double most_share = 1; // no pair counts more often

  ct_status start(ct_gpu_call *c, ct_error *error) {
    if (!c->refinement.on) return CT_OK;
    there.on = true;
    CT_TRY(put_parameters(c, error));
    CT_TRY(put_sets(c, error));
    CT_TRY(put_pair_weights(c, error));
    return start_sums(c, error);
  }

  // Where the last of the hardest negatives go, once they are known.
  ct_status start_last(ct_gpu_call *c, double **last_s, int64_t **last_order, ct_error *error) {
    CT_TRY(last_s_.allocate(c->device, c->queries.count(), c->function, error));
    CT_TRY(last_order_.allocate(c->device, c->queries.count(), c->function, error));
    *last_s = last_s_.get(), *last_order = last_order_.get();
    return CT_OK;
  }

private:
  ct_status put_parameters(ct_gpu_call *c, ct_error *error) {
    const double *p = c->refinement.pair.own;
    const int64_t rows = c->queries.count();
    const ct_loss_rule *rule = c->options.rule;
    if (!p) return CT_OK;
    std::vector<double> offset((size_t)(CT_KINDS * rows));
    std::vector<Real> scale((size_t)(2 * CT_KINDS * rows));
    for (int kind = 0; kind < CT_KINDS; kind++)
      for (int64_t i = 0; i < rows; i++) {
        const double *own = p + i * CT_LOSS_PARAMETERS;
        const double whole = rule->scale(kind == CT_POSITIVE, own) * 0x1.71547652b82fep+0;
        const size_t at = (size_t)(kind * rows + i);
        offset[at] = rule->offset ? rule->offset(kind == CT_POSITIVE, own) : 0;
        scale[2 * at] = (Real)whole;
        scale[2 * at + 1] = (Real)(whole - (double)(Real)whole);
      }
    CT_TRY(ct_put(&own_, c->device, p, rows * CT_LOSS_PARAMETERS, c->function, error));
    CT_TRY(ct_put(&offset_, c->device, offset.data(), CT_KINDS * rows, c->function, error));
    CT_TRY(ct_put(&scale_, c->device, scale.data(), 2 * CT_KINDS * rows, c->function, error));
    there.own = own_.get();
    for (int kind = 0; kind < CT_KINDS; kind++)
      there.offset[kind] = offset_.get() + kind * rows,
      there.scale[kind] = scale_.get() + 2 * kind * rows;
    return CT_OK;
  }

  static ct_status put_set(const ct_gpu_call *c, const ct_sorted_rows *rows,
                           ct_device_block<int64_t> *start, ct_device_block<int64_t> *set,
                           ct_error *error) {
    CT_TRY(ct_put(start, c->device, rows->set_start, rows->rows + 1, c->function, error));
    return ct_put(set, c->device, rows->set, rows->set_start[rows->rows], c->function, error);
  }

  ct_status put_sets(ct_gpu_call *c, ct_error *error) {
    if (c->options.positives == CT_EQUAL_LABELS) return CT_OK;
    CT_TRY(put_set(c, &c->queries.order, &row_start_, &row_set_, error));
    there.row_start = there.column_start = row_start_.get();
    there.row_set = there.column_set = row_set_.get();
    there.soft = c->options.positives == CT_SOFT_LABELS;
    if (c->self) return CT_OK;
    CT_TRY(put_set(c, &c->references.order, &column_start_, &column_set_, error));
    there.column_start = column_start_.get(), there.column_set = column_set_.get();
    return CT_OK;
  }

  static double largest(const double *v, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; i++) most = v[i] > most ? v[i] : most;
    return most;
  }

  ct_status put_pair_weights(ct_gpu_call *c, ct_error *error) {
    const ct_pair_refinement *p = &c->refinement.pair;
    const int64_t rows = c->queries.count(), columns = c->column_units(), labels = p->labels;
    if (p->partner) {
      CT_TRY(ct_put(&partner_, c->device, p->partner, columns, c->function, error));
      most_share *= largest(p->partner, columns);
    }
    if (p->by_label) {
      CT_TRY(ct_put(&by_label_, c->device, p->by_label, labels * labels, c->function, error));
      CT_TRY(ct_put(&row_label_, c->device, p->row_label, rows, c->function, error));
      CT_TRY(ct_put(&column_label_, c->device, p->column_label, columns, c->function, error));
      most_share *= largest(p->by_label, labels * labels);
    }
    if (p->hardest && p->order)
      CT_TRY(ct_put(&order_, c->device, p->order, columns, c->function, error));
    there.partner = partner_.get(), there.by_label = by_label_.get();
    there.row_label = row_label_.get(), there.column_label = column_label_.get();
    there.labels = labels;
    there.order = order_.get();
    return CT_OK;
  }

  ct_status start_sums(ct_gpu_call *c, ct_error *error) {
    const int64_t rows = c->queries.count();
    CT_TRY(pairs_.allocate(c->device, CT_KINDS * rows, c->function, error));
    CT_TRY(sums_.allocate(c->device, 2 * CT_KINDS * rows, c->function, error));
    CT_TRY(ct_cuda()->zero(c->device, pairs_.get(), CT_KINDS * rows * (int64_t)sizeof(int64_t),
                           error));
    CT_TRY(ct_cuda()->zero(c->device, sums_.get(), 2 * CT_KINDS * rows * (int64_t)sizeof(double),
                           error));
    for (int kind = 0; kind < CT_KINDS; kind++) {
      there.pairs[kind] = pairs_.get() + kind * rows;
      there.mass[kind] = sums_.get() + kind * rows;
      there.sum_s[kind] = sums_.get() + (CT_KINDS + kind) * rows;
    }
    return CT_OK;
  }
};

// A diagnosis while passes run; they add to what `noted`, on the host, begins with.
class ct_uploaded_diagnosis {
  ct_device_block<double> room_;
  ct_device_block<unsigned long long> bins_;

public:
  ct_gpu_diagnosis there = {};

  ct_status start(const ct_gpu_call *c, const ct_pair_diagnosis *noted, ct_error *error) {
    const int64_t bins = CT_ALL_BINS;
    CT_TRY(
        ct_put(&room_, c->device, noted->alpha[0], 4 * CT_KINDS * noted->rows, c->function, error));
    CT_TRY(bins_.allocate(c->device, bins, c->function, error));
    CT_TRY(
        ct_cuda()->zero(c->device, bins_.get(), bins * (int64_t)sizeof(unsigned long long), error));
    there.m = noted->m;
    there.bins = bins_.get();
    for (int kind = 0; kind < CT_KINDS; kind++) {
      there.alpha[kind] = place(noted, noted->alpha[kind]);
      there.hardest[kind] = place(noted, noted->hardest[kind]);
      there.weight[kind] = place(noted, noted->weight[kind]);
      there.square[kind] = place(noted, noted->square[kind]);
    }
    return CT_OK;
  }

  // Forgets the weights of an earlier backward.
  ct_status forget_weights(const ct_gpu_call *c, const ct_pair_diagnosis *noted, ct_error *error) {
    const int64_t bytes = noted->rows * (int64_t)sizeof(double);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      CT_TRY(ct_cuda()->zero(c->device, there.weight[kind], bytes, error));
      CT_TRY(ct_cuda()->zero(c->device, there.square[kind], bytes, error));
    }
    return CT_OK;
  }

  // Brings everything back.
  ct_status finish(const ct_gpu_call *c, ct_pair_diagnosis *noted, ct_error *error) {
    unsigned long long bins[CT_ALL_BINS];
    CT_TRY(ct_cuda()->download(c->device, noted->alpha[0], room_.get(),
                               room_.count() * (int64_t)sizeof(double), error));
    CT_TRY(ct_cuda()->download(c->device, bins, bins_.get(), sizeof bins, error));
    for (int k = 0; k < CT_ALL_BINS; k++)
      noted->bins[k / CT_DIAGNOSIS_BINS][k % CT_DIAGNOSIS_BINS] = (int64_t)bins[k];
    return CT_OK;
  }

private:
  // All arrays of a diagnosis are one block (loss/diagnosis.c), which begins with alpha[0].
  double *place(const ct_pair_diagnosis *noted, const double *array) {
    return room_.get() + (array - noted->alpha[0]);
  }
};

#endif
