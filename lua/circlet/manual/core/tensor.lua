--- Tensors: making them, their geometry, views, types: core/bind/tensor.c, view.c. Nobody runs this
-- file; it is the manual.
-- @module circlet

--- A tensor: numbers of one type in up to 16 dimensions, a view of a storage that other views may
-- share. Indices begin at 1; t[i] is an element or a view of slice i, t[{ {1, 3}, 2 }] rows 1 to 3
-- of column 2 (a view), t[mask] the masked elements (a copy); all three can be assigned to.
--
-- x + y, x - y, -x, and +, -, *, /, %, ^ with a number make new tensors; x * y of two tensors is the
-- product of linear algebra; == compares identity (circlet.equal compares elements). #t is t:size().
-- @name Tensor
-- @example
-- local t = circlet.Tensor { { 1, 2, 3 }, { 4, 5, 6 } }
-- t[2][3], t[-1][1]       --> 6  4
-- t[{ {}, 2 }]            --> {2, 5}
-- t[t:gt(4)] = 0
-- (t * 2 - 1)             --> {{1, 3, 5}, {7, -1, -1}}
Tensor = {}

---
-- Forms: no argument, an empty tensor; sizes, `f(2, 3)` or `f(LongStorage)`, a tensor whose elements
-- are not set; a table of numbers, nested for more dimensions; a tensor of the same type, a view of
-- it; a storage, `f(storage [, offset [, sizes [, strides]]])`, a view of its elements.
-- @deffamily constructor
-- @param ... any as above
-- @return circlet.Tensor tensor
-- @error Raises for tables whose rows differ in length, for sizes below 0 and for memory that is not there.

--- A tensor of the default type, which is FloatTensor unless setdefaulttensortype says otherwise.
-- @family constructor
-- @example
-- circlet.Tensor { { 1, 2 }, { 3, 4 } }        --> {{1, 2}, {3, 4}}
-- circlet.Tensor(2, 3):size()                  --> {2, 3}
function circlet.Tensor(...) end

--- Tensors of one type of element: float32, float64, int64, int32, uint8, int16, int8.
-- @name circlet.FloatTensor, circlet.DoubleTensor, circlet.LongTensor, circlet.IntTensor, circlet.ByteTensor, circlet.ShortTensor, circlet.CharTensor, circlet.FloatTensor.new, circlet.DoubleTensor.new, circlet.LongTensor.new, circlet.IntTensor.new, circlet.ByteTensor.new, circlet.ShortTensor.new, circlet.CharTensor.new
-- @family constructor
-- @example
-- circlet.LongTensor { 1, 2 }:type()           --> circlet.LongTensor
-- circlet.ByteTensor(2, 2):zero()              --> {{0, 0}, {0, 0}}
-- circlet.FloatTensor(circlet.FloatStorage { 1, 2, 3, 4 }, 2, circlet.LongStorage { 3 })   --> {2, 3, 4}
function circlet.FloatTensor(...) end

--- A tensor of this one's type; `x:new()` is a view of x, as in Torch7, `x.new(...)` takes the forms of a
-- constructor.
-- @name Tensor:new
-- @family constructor
-- @example
-- circlet.LongTensor():new(2):type()    --> circlet.LongTensor
function Tensor:new(...) end

--- Whether a value is a tensor.
-- @param value any
-- @return boolean is
-- @example
-- circlet.isTensor(circlet.ones(1)), circlet.isTensor(1)    --> true  false
function circlet.isTensor(value) end

--- Whether a value is a storage.
-- @param value any
-- @return boolean is
-- @example
-- circlet.isStorage(circlet.FloatStorage(1))    --> true
function circlet.isStorage(value) end

--- Makes circlet.Tensor, zeros, randn and the like give tensors of another type.
-- @param name string "circlet.DoubleTensor"; Torch7's names are understood
-- @error Raises for what is no type of tensor.
-- @example
-- circlet.setdefaulttensortype "circlet.DoubleTensor"
-- circlet.ones(1):type()    --> circlet.DoubleTensor
function circlet.setdefaulttensortype(name) end

--- The type that circlet.Tensor gives.
-- @return string name
-- @example
-- circlet.getdefaulttensortype()    --> circlet.FloatTensor
function circlet.getdefaulttensortype() end

--- Has type() say "circlet.FloatTensor" or "torch.FloatTensor"; both names are always understood.
-- @param package string "circlet" (the default) or "torch"
-- @error Raises for another word.
-- @example
-- circlet.settypenames "torch"
-- circlet.ones(1):type()    --> torch.FloatTensor
-- circlet.settypenames "circlet"
function circlet.settypenames(package) end

--- The name of the type, or with a name the tensor in that type: itself where it has it already.
-- @param name? string "circlet.DoubleTensor"
-- @return string|circlet.Tensor result
-- @error Raises for what is no type of tensor.
-- @example
-- circlet.ones(1):type()                               --> circlet.FloatTensor
-- circlet.ones(1):type("circlet.LongTensor"):type()    --> circlet.LongTensor
function Tensor:type(name) end

--- The tensor in the type of another: itself where it has it already.
-- @param other circlet.Tensor
-- @return circlet.Tensor result
-- @example
-- circlet.ones(1):typeAs(circlet.LongTensor()):type()    --> circlet.LongTensor
function Tensor:typeAs(other) end

--- The tensor in the type of the name: itself where it has it already. Fractions are cut off for integer
-- types.
-- @name Tensor:float, Tensor:double, Tensor:long, Tensor:int, Tensor:byte, Tensor:short, Tensor:char
-- @return circlet.Tensor result
-- @example
-- circlet.Tensor({ 1.5, 2 }):long()    --> {1, 2}
function Tensor:float() end

--- How many dimensions it has; 0 for an empty tensor without sizes.
-- @name Tensor:dim, Tensor:nDimension
-- @return integer dimensions
-- @example
-- circlet.ones(2, 3):dim()    --> 2
function Tensor:dim() end

--- All sizes as a LongStorage, or the size of one dimension.
-- @param dim? integer from 1
-- @return circlet.LongStorage|integer size
-- @error Raises for a dimension that it does not have.
-- @example
-- local x = circlet.ones(2, 3)
-- x:size(), x:size(2)    --> {2, 3}  3
function Tensor:size(dim) end

--- How far elements are apart in the storage: all strides, or that of one dimension.
-- @param dim? integer from 1
-- @return circlet.LongStorage|integer stride
-- @error Raises for a dimension that it does not have.
-- @example
-- circlet.ones(2, 3):stride()    --> {3, 1}
function Tensor:stride(dim) end

--- How many elements it has.
-- @name Tensor:nElement, Tensor:numel
-- @return integer count
-- @example
-- circlet.ones(2, 3):nElement()    --> 6
function Tensor:nElement() end

--- The storage that the tensor is a view of; nil for an empty tensor that has none.
-- @return circlet.Storage? storage
-- @example
-- circlet.ones(2, 3):t():storage():size()    --> 6
function Tensor:storage() end

--- Where the first element lies in the storage, from 1.
-- @return integer offset
-- @example
-- circlet.ones(2, 3)[2]:storageOffset()    --> 4
function Tensor:storageOffset() end

--- The address of the first element, for C; good while the tensor lives and is not resized.
-- @param as_number? boolean an integer in place of a light userdata
-- @return userdata|integer address
-- @example
-- type(circlet.ones(1):data()), math.type(circlet.ones(1):data(true))    --> userdata  integer
function Tensor:data(as_number) end

--- Whether the elements lie one after another, row by row.
-- @return boolean contiguous
-- @example
-- local x = circlet.ones(2, 3)
-- x:isContiguous(), x:t():isContiguous()    --> true  false
function Tensor:isContiguous() end

--- Whether two tensors have the same size.
-- @param other circlet.Tensor
-- @return boolean same
-- @example
-- circlet.ones(2, 3):isSameSizeAs(circlet.zeros(2, 3))    --> true
function Tensor:isSameSizeAs(other) end

--- Whether it has the given sizes.
-- @param ... integer|circlet.LongStorage
-- @return boolean is
-- @example
-- circlet.ones(2, 3):isSize(circlet.LongStorage { 2, 3 })    --> true
function Tensor:isSize(...) end

--- Whether two tensors are the same view of the same storage.
-- @param other circlet.Tensor
-- @return boolean same
-- @example
-- local x = circlet.ones(2)
-- x:isSetTo(x:narrow(1, 1, 2)), x:isSetTo(x:clone())    --> true  false
function Tensor:isSetTo(other) end

--- A view of `length` slices along a dimension.
-- @param dim integer from 1
-- @param first integer from 1
-- @param length integer
-- @return circlet.Tensor view
-- @error Raises for slices that it does not have.
-- @example
-- circlet.range(1, 5):narrow(1, 2, 3)    --> {2, 3, 4}
function Tensor:narrow(dim, first, length) end

--- A view of a range of each dimension: `x:sub(first, last [, first, last ...])`; negative ones count from
-- the end.
-- @param ... integer pairs of first and last index
-- @return circlet.Tensor view
-- @error Raises for ranges that it does not have.
-- @example
-- circlet.range(1, 5):sub(2, -2)    --> {2, 3, 4}
function Tensor:sub(...) end

--- A view of one slice, without its dimension; of a vector the element, a number.
-- @param dim integer from 1
-- @param index integer from 1, or negative from the end
-- @return circlet.Tensor|number slice
-- @error Raises for a slice that it does not have.
-- @example
-- circlet.Tensor({ { 1, 2 }, { 3, 4 } }):select(2, 1)    --> {1, 3}
function Tensor:select(dim, index) end

--- A view with two dimensions exchanged.
-- @param a integer from 1
-- @param b integer from 1
-- @return circlet.Tensor view
-- @error Raises for dimensions that it does not have.
-- @example
-- circlet.ones(2, 3, 4):transpose(1, 3):size()    --> {4, 3, 2}
function Tensor:transpose(a, b) end

--- A view of a matrix with rows and columns exchanged.
-- @return circlet.Tensor view
-- @error Raises for what is no matrix.
-- @example
-- circlet.Tensor({ { 1, 2 }, { 3, 4 } }):t()    --> {{1, 3}, {2, 4}}
function Tensor:t() end

--- A view with the dimensions in another order.
-- @param ... integer each dimension once
-- @return circlet.Tensor view
-- @error Raises when a dimension is missing or named twice.
-- @example
-- circlet.ones(2, 3, 4):permute(3, 1, 2):size()    --> {4, 2, 3}
function Tensor:permute(...) end

--- A view of all windows of `length` slices along a dimension, `step` apart; windows stand in a new last
-- dimension.
-- @param dim integer from 1
-- @param length integer
-- @param step integer from 1
-- @return circlet.Tensor view
-- @error Raises for windows longer than the dimension.
-- @example
-- circlet.range(1, 5):unfold(1, 3, 2)    --> {{1, 2, 3}, {3, 4, 5}}
function Tensor:unfold(dim, length, step) end

--- A view in which dimensions of size 1 repeat, without memory of their own; -1 keeps a size.
-- @param ... integer|circlet.LongStorage sizes
-- @return circlet.Tensor view
-- @error Raises for a dimension that is not 1 and not the size asked for.
-- @example
-- circlet.Tensor({ { 1 }, { 2 } }):expand(2, 3)    --> {{1, 1, 1}, {2, 2, 2}}
function Tensor:expand(...) end

--- expand to the size of another tensor.
-- @param other circlet.Tensor
-- @return circlet.Tensor view
-- @error Raises as expand does.
-- @example
-- circlet.ones(1, 3):expandAs(circlet.zeros(2, 3)):size()    --> {2, 3}
function Tensor:expandAs(other) end

--- A view without dimensions of size 1, all of them or the given one; of a single element also the number.
-- @param dim? integer from 1
-- @return circlet.Tensor view
-- @error Raises for a dimension that it does not have.
-- @example
-- circlet.ones(2, 1, 3):squeeze():size()    --> {2, 3}
function Tensor:squeeze(dim) end

--- A view with a dimension of size 1 put in.
-- @param dim integer where it will be, 1 to dimensions + 1
-- @return circlet.Tensor view
-- @error Raises for a place beyond that.
-- @example
-- circlet.ones(2, 3):unsqueeze(2):size()    --> {2, 1, 3}
function Tensor:unsqueeze(dim) end

--- A view of the same elements in other sizes; one size may be -1, whatever is left.
-- @param ... integer|circlet.LongStorage sizes
-- @return circlet.Tensor view
-- @error Raises for another number of elements, and for a tensor whose elements do not lie so (contiguous() first).
-- @example
-- circlet.range(1, 6):view(2, -1)    --> {{1, 2, 3}, {4, 5, 6}}
function Tensor:view(...) end

--- view in the size of another tensor.
-- @param other circlet.Tensor
-- @return circlet.Tensor view
-- @error Raises as view does.
-- @example
-- circlet.range(1, 6):viewAs(circlet.ones(3, 2)):size()    --> {3, 2}
function Tensor:viewAs(other) end

--- A copy of the elements in other sizes.
-- @param ... integer|circlet.LongStorage sizes
-- @return circlet.Tensor copy
-- @error Raises for another number of elements.
-- @example
-- circlet.Tensor({ { 1, 2 }, { 3, 4 } }):t():reshape(4)    --> {1, 3, 2, 4}
function Tensor:reshape(...) end

--- Gives the tensor other sizes, in place; its storage grows when it must, and new elements are not set.
-- @param ... integer|circlet.LongStorage sizes
-- @return circlet.Tensor self
-- @error Raises for sizes below 0, memory that is not there, and memory that another library shares.
-- @example
-- circlet.range(1, 6):resize(2, 2)    --> {{1, 2}, {3, 4}}
function Tensor:resize(...) end

--- resize to the size of another tensor.
-- @param other circlet.Tensor
-- @return circlet.Tensor self
-- @error Raises as resize does.
-- @example
-- circlet.Tensor():resizeAs(circlet.ones(2, 3)):size()    --> {2, 3}
function Tensor:resizeAs(other) end

--- Makes the tensor a view of what another tensor, or a storage, has: `x:set(y)`,
-- `x:set(storage [, offset [, sizes [, strides]]])`; without an argument it becomes empty.
-- @param ... circlet.Tensor|circlet.Storage
-- @return circlet.Tensor self
-- @error Raises for another type and for a place outside of the storage.
-- @example
-- local x, y = circlet.Tensor(), circlet.ones(2)
-- x:set(y)[1] = 5
-- y    --> {5, 1}
function Tensor:set(...) end

--- Puts a number everywhere.
-- @param value number
-- @return circlet.Tensor self
-- @error Raises for a number that the type cannot hold.
-- @example
-- circlet.Tensor(2):fill(3)    --> {3, 3}
function Tensor:fill(value) end

--- Puts 0 everywhere.
-- @return circlet.Tensor self
-- @example
-- circlet.Tensor(2):zero()    --> {0, 0}
function Tensor:zero() end

--- Copies the elements of another tensor in, of any type and size with as many elements.
-- @param other circlet.Tensor
-- @return circlet.Tensor self
-- @error Raises for another number of elements.
-- @example
-- circlet.Tensor(2, 2):copy(circlet.LongTensor { 1, 2, 3, 4 })    --> {{1, 2}, {3, 4}}
function Tensor:copy(other) end

--- A copy, contiguous and with a storage of its own.
-- @return circlet.Tensor copy
-- @example
-- local x = circlet.ones(2)
-- x:clone():fill(5)
-- x    --> {1, 1}
function Tensor:clone() end

--- The tensor itself where its elements lie row by row, otherwise a copy in which they do.
-- @return circlet.Tensor result
-- @example
-- circlet.ones(2, 3):t():contiguous():isContiguous()    --> true
function Tensor:contiguous() end

--- The elements as a Lua table, nested for more dimensions.
-- @return table list
-- @example
-- #circlet.ones(2, 3):totable(), circlet.ones(2, 3):totable()[2][3]    --> 2  1
function Tensor:totable() end

--- A storage: the memory that tensors are views of; LongStorage is also what size() gives. s[i] reads and
-- writes element i, #s is its size.
-- @name Storage
-- @example
-- local s = circlet.FloatStorage { 1, 2, 3 }
-- s[2], #s    --> 2  3
Storage = {}

--- A storage of n elements that are not set, or of the numbers of a list.
-- @name circlet.FloatStorage, circlet.DoubleStorage, circlet.LongStorage, circlet.IntStorage, circlet.ByteStorage, circlet.ShortStorage, circlet.CharStorage, circlet.FloatStorage.new, circlet.DoubleStorage.new, circlet.LongStorage.new, circlet.IntStorage.new, circlet.ByteStorage.new, circlet.ShortStorage.new, circlet.CharStorage.new
-- @param size? integer|number[] 0 by default
-- @return circlet.Storage storage
-- @error Raises for a size below 0 and for elements that are no numbers.
-- @example
-- circlet.LongStorage { 2, 3 }         --> {2, 3}
-- circlet.FloatStorage(4):size()       --> 4
function circlet.FloatStorage(size) end

--- How many elements it has.
-- @return integer size
-- @example
-- circlet.FloatStorage(4):size()    --> 4
function Storage:size() end

--- The name of its type.
-- @return string name
-- @example
-- circlet.LongStorage():type()    --> circlet.LongStorage
function Storage:type() end

--- Makes it longer; new elements are not set.
-- @param size integer at least the present size where tensors share it
-- @return circlet.Storage self
-- @error Raises for a size that would take elements from tensors.
-- @example
-- circlet.FloatStorage(1):resize(3):size()    --> 3
function Storage:resize(size) end

--- Puts a number everywhere.
-- @param value number
-- @return circlet.Storage self
-- @example
-- circlet.FloatStorage(2):fill(3)    --> {3, 3}
function Storage:fill(value) end

--- Copies the elements of a storage of any type and the same size in.
-- @param other circlet.Storage
-- @return circlet.Storage self
-- @error Raises for another size.
-- @example
-- circlet.FloatStorage(2):copy(circlet.LongStorage { 1, 2 })    --> {1, 2}
function Storage:copy(other) end

--- The elements as a Lua table.
-- @return table list
-- @example
-- circlet.LongStorage({ 1, 2 }):totable()    --> {1, 2}
function Storage:totable() end

--- Its raw bytes as a string, or with one, the storage filled from it.
-- @param bytes? string
-- @return string|circlet.Storage result
-- @error Raises for bytes that make no whole elements, or that do not fit what tensors share.
-- @example
-- circlet.ByteStorage({ 72, 105 }):string()        --> Hi
-- circlet.ByteStorage():string("AB")               --> {65, 66}
function Storage:string(bytes) end
