/**
 * The names of properties that only our own objects have, so that they could be any others. A name is not among these when, on any
 * object, it may be the firmware's, a library's, or a member of a record of any names, such as JSON: names are told apart, objects
 * are not. What the compiler allows is followed wherever a value gets another type.
 */
import ts from "typescript";
import { FlattenError } from "./modules";

const isOurs = (node: ts.Node): boolean => !node.getSourceFile().isDeclarationFile;
const partsOf = (type: ts.Type): readonly ts.Type[] => (type.isUnionOrIntersection() ? type.types.flatMap(partsOf) : [type]);
const isObject = ({ flags }: ts.Type): boolean => (flags & ts.TypeFlags.Object) !== 0;
const isParameter = ({ flags }: ts.Type): boolean => (flags & ts.TypeFlags.TypeParameter) !== 0;

/** Unknown, or a record of any names: what is in it may come from a text, or be looped over. */
function isOpen(type: ts.Type): boolean {
  if (isParameter(type)) return partsOf(type.getConstraint() ?? type).some((part) => part !== type && isOpen(part));
  const { Any, Unknown, NonPrimitive } = ts.TypeFlags;
  return (type.flags & (Any | Unknown | NonPrimitive)) !== 0 || type.getStringIndexType() !== undefined;
}

/** Throws a FlattenError where types do not tell names. */
export function ownNames(program: ts.Program): Set<string> {
  const checker = program.getTypeChecker();
  const own = new Set<string>();
  const known = new Set<string>();
  const revealed = new Set<ts.Type>();
  const followed = new Map<ts.Type, Set<ts.Type>>();

  /** All that the objects of a type hold is known outside. */
  function reveal(whole: ts.Type, at: ts.Node): void {
    for (const type of partsOf(whole)) {
      if (revealed.has(type)) continue;
      revealed.add(type);
      if (isParameter(type)) {
        // What is given for one of records is revealed where it is given.
        if (isOpen(type)) continue;
        const file = at.getSourceFile();
        const line = file.getLineAndCharacterOfPosition(at.getStart()).line + 1;
        throw new FlattenError(`${file.fileName}:${line}: a type parameter does not tell which names are used here`);
      }
      if (!isObject(type) || type.getCallSignatures().length > 0) continue;
      for (const item of [type.getNumberIndexType(), type.getStringIndexType()]) if (item !== undefined) reveal(item, at);
      for (const property of type.getProperties()) {
        if (property.declarations?.some(isOurs) !== true) continue;
        known.add(property.name);
        reveal(checker.getTypeOfSymbol(property), at);
      }
    }
  }

  /** A value of one type is taken for one of another. */
  function follow(from: ts.Type, to: ts.Type, at: ts.Node): void {
    const targets = followed.get(from) ?? new Set();
    if (from === to || targets.has(to)) return;
    followed.set(from, targets.add(to));
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      if (partsOf(one).some(isOpen)) reveal(other, at);
    }
    for (const given of partsOf(from).filter(isObject)) for (const taken of partsOf(to).filter(isObject)) followInside(given, taken, at);
  }
  function followInside(from: ts.Type, to: ts.Type, at: ts.Node): void {
    const [item, takenItem] = [from.getNumberIndexType(), to.getNumberIndexType()];
    if (item !== undefined && takenItem !== undefined) return follow(item, takenItem, at);
    for (const property of to.getProperties()) {
      const given = from.getProperty(property.name);
      if (given === undefined || given === property) continue;
      if (property.declarations?.every(isOurs) === false) known.add(property.name);
      else follow(checker.getTypeOfSymbol(given), checker.getTypeOfSymbol(property), at);
    }
    for (const given of from.getCallSignatures()) {
      for (const taken of to.getCallSignatures()) {
        follow(given.getReturnType(), taken.getReturnType(), at);
        given.parameters.forEach((parameter, index) => {
          const other = taken.parameters[index];
          if (other !== undefined) follow(checker.getTypeOfSymbol(other), checker.getTypeOfSymbol(parameter), at);
        });
      }
    }
  }

  /** A name that a value tells. */
  function computed(key: ts.Expression): void {
    for (const type of partsOf(checker.getTypeAtLocation(key))) {
      const exact = isParameter(type) ? partsOf(type.getConstraint() ?? type) : [type];
      for (const literal of exact) if (literal.isStringLiteral()) known.add(literal.value);
      if (isParameter(type) && !exact.every((literal) => literal.isStringLiteral())) reveal(type, key);
      if ((type.flags & ts.TypeFlags.Index) !== 0) reveal((type as ts.IndexType).type, key);
    }
  }
  /** The arguments of a generic function, whose own types say less about them than it does. */
  function given(call: ts.CallExpression): void {
    const declaration = checker.getResolvedSignature(call)?.declaration;
    if (declaration === undefined || ts.isJSDocSignature(declaration) || declaration.typeParameters === undefined || !isOurs(declaration))
      return;
    call.arguments.forEach((argument, index) => {
      const parameter = declaration.parameters[index];
      if (parameter !== undefined) follow(checker.getTypeAtLocation(argument), checker.getTypeAtLocation(parameter), argument);
    });
  }
  function accessed(name: string, symbol: ts.Symbol | undefined): void {
    if (symbol?.declarations?.every(isOurs) !== true) known.add(name);
  }
  function declared(name: ts.PropertyName): void {
    if (ts.isIdentifier(name)) (isOurs(name) ? own : known).add(name.text);
    else if (ts.isStringLiteral(name)) known.add(name.text);
  }

  function visit(node: ts.Node): void {
    if (ts.isAccessor(node)) known.add(node.name.getText());
    else if (ts.isObjectLiteralElement(node) || ts.isTypeElement(node)) {
      if (node.name !== undefined) declared(node.name);
    } else if (ts.isPropertyAccessExpression(node)) accessed(node.name.text, checker.getSymbolAtLocation(node.name));
    else if (ts.isCallExpression(node)) given(node);
    else if (ts.isElementAccessExpression(node)) computed(node.argumentExpression);
    else if (ts.isComputedPropertyName(node)) computed(node.expression);
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) computed(node.left);
    else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = (node.propertyName ?? node.name).getText();
      accessed(name, checker.getTypeAtLocation(node.parent).getProperty(name));
    } else if (ts.isForInStatement(node)) reveal(checker.getTypeAtLocation(node.expression), node);
    else if (ts.isTypePredicateNode(node) && node.type !== undefined) reveal(checker.getTypeFromTypeNode(node.type), node);
    else if (ts.isAsExpression(node)) follow(checker.getTypeAtLocation(node.expression), checker.getTypeAtLocation(node), node);
    // The type that is wanted of what is taken apart is made of the names that are taken.
    const isTakenApart = ts.isVariableDeclaration(node.parent) && node.parent.type === undefined && !ts.isIdentifier(node.parent.name);
    if (ts.isExpression(node) && !isTakenApart) {
      const wanted = checker.getContextualType(node);
      if (wanted !== undefined) follow(checker.getTypeAtLocation(node), wanted, node);
    }
    ts.forEachChild(node, visit);
  }
  for (const file of program.getSourceFiles()) if (!file.fileName.includes("/node_modules/")) ts.forEachChild(file, visit);
  return new Set([...own].filter((name) => !known.has(name) && !name.startsWith("__")));
}
