// Sums over the examples and elements of each channel of [B,C,S], for any term of an element: the
// frame that bias gradients and batch normalisation share.
//
// The B*S elements of a channel are cut into pieces, whose number follows from sizes alone. A block
// sums one piece of one channel (S > 1) or of 32 neighbouring ones (S = 1, where those lie side by
// side in memory); then a thread for each channel adds the pieces in order.
#ifndef CIRCLET_CUDA_NN_CHANNELS_CUH
#define CIRCLET_CUDA_NN_CHANNELS_CUH

#include "cuda/nn.cuh"

enum { CT_CHANNEL_BLOCK = 256, CT_CHANNEL_COLUMNS = 32 };

static const int64_t CT_CHANNEL_PIECES = 64; // at most

// Pieces of the elements of a channel, at least 1.
static inline int64_t ct_channel_pieces(ct_cuda_channels shape) {
  const int64_t least = shape.S == 1 ? 256 : 4096; // elements worth a piece
  int64_t pieces = ct_divide_up(shape.B * shape.S, least);
  return pieces < 1 ? 1 : pieces < CT_CHANNEL_PIECES ? pieces : CT_CHANNEL_PIECES;
}

// Element [from, to) of piece `piece` of `count`.
struct ct_channel_piece {
  int64_t from, to;
  __host__ __device__ ct_channel_piece(int64_t count, int64_t pieces, int64_t piece)
      : from(count * piece / pieces), to(count * (piece + 1) / pieces) {}
};

// partial[piece][c] for S = 1: threads side by side have neighbouring columns.
template <class Term>
__global__ void ct_column_sums_kernel(double2 *partial, ct_cuda_channels s, Term term) {
  enum { ROWS = CT_CHANNEL_BLOCK / CT_CHANNEL_COLUMNS };
  __shared__ double2 part[ROWS][CT_CHANNEL_COLUMNS];
  const int column = (int)threadIdx.x % CT_CHANNEL_COLUMNS;
  const int row = (int)threadIdx.x / CT_CHANNEL_COLUMNS;
  const int64_t c = (int64_t)blockIdx.x * CT_CHANNEL_COLUMNS + column;
  const ct_channel_piece piece(s.B, gridDim.y, blockIdx.y);
  double2 sum = {0, 0};
  for (int64_t b = piece.from + row; b < piece.to && c < s.C; b += ROWS) {
    const double2 t = term(b * s.C + c, c);
    sum.x += t.x, sum.y += t.y;
  }
  part[row][column] = sum;
  __syncthreads();
  if (row > 0 || c >= s.C) return;
  for (int r = 1; r < ROWS; r++) sum.x += part[r][column].x, sum.y += part[r][column].y;
  partial[blockIdx.y * s.C + c] = sum;
}

// The same for S > 1: threads side by side have neighbouring elements of one channel.
template <class Term>
__global__ void ct_plane_sums_kernel(double2 *partial, ct_cuda_channels s, Term term) {
  const int64_t c = blockIdx.x;
  const ct_channel_piece piece(s.B * s.S, gridDim.y, blockIdx.y);
  double2 sum = {0, 0};
  for (int64_t k = piece.from + threadIdx.x; k < piece.to; k += CT_CHANNEL_BLOCK) {
    const int64_t b = k / s.S;
    const double2 t = term((b * s.C + c) * s.S + k - b * s.S, c);
    sum.x += t.x, sum.y += t.y;
  }
  sum.x = ct_block_sum<CT_CHANNEL_BLOCK>(sum.x);
  sum.y = ct_block_sum<CT_CHANNEL_BLOCK>(sum.y);
  if (threadIdx.x == 0) partial[blockIdx.y * s.C + c] = sum;
}

template <class Finish>
__global__ void ct_finish_kernel(const double2 *partial, int64_t pieces, int64_t C, Finish finish) {
  const int64_t c = (int64_t)blockIdx.x * CT_CHANNEL_BLOCK + threadIdx.x;
  if (c >= C) return;
  double2 sum = {0, 0};
  for (int64_t p = 0; p < pieces; p++) sum.x += partial[p * C + c].x, sum.y += partial[p * C + c].y;
  finish(c, sum);
}

// Calls finish(c, sums) for each channel: the sums of the two parts of term(i, c) over the elements
// i of channel c. partial: [ct_channel_pieces(shape), C], on the device. B, C, S >= 1.
template <class Term, class Finish>
ct_status ct_channel_sums(int device, ct_cuda_channels shape, double2 *partial, Term term,
                          Finish finish, const char *what, ct_error *error) {
  const int64_t pieces = ct_channel_pieces(shape);
  cudaStream_t stream = ct_cuda_stream(device);
  if (shape.S == 1) {
    const dim3 grid((unsigned)ct_divide_up(shape.C, CT_CHANNEL_COLUMNS), (unsigned)pieces);
    ct_column_sums_kernel<Term><<<grid, CT_CHANNEL_BLOCK, 0, stream>>>(partial, shape, term);
  } else {
    const dim3 grid((unsigned)shape.C, (unsigned)pieces);
    ct_plane_sums_kernel<Term><<<grid, CT_CHANNEL_BLOCK, 0, stream>>>(partial, shape, term);
  }
  CT_CUDA_TRY(cudaGetLastError(), what, error);
  const unsigned blocks = (unsigned)ct_divide_up(shape.C, CT_CHANNEL_BLOCK);
  ct_finish_kernel<Finish>
      <<<blocks, CT_CHANNEL_BLOCK, 0, stream>>>(partial, pieces, shape.C, finish);
  return ct_cuda_status(cudaGetLastError(), what, error);
}

template <class Body> struct ct_channel_body {
  Body body;
  int64_t C, S;
  template <class Index> __device__ void operator()(Index i) const {
    body((int64_t)i, (int64_t)(i / (Index)S % (Index)C));
  }
};

// Calls body(i, c) for every element i, of channel c.
template <class Body>
ct_status ct_each_of_channels(int device, ct_cuda_channels shape, Body body, const char *what,
                              ct_error *error) {
  const ct_channel_body<Body> each = {body, shape.C, shape.S};
  return ct_each_index(device, shape.B * shape.C * shape.S, each, what, error);
}

#endif
